package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.BindAddresses;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.template.InstanceContext.WeightScale;
import dev.rollcall.lb.template.MustacheContext.Value;
import dev.rollcall.lb.template.RenderAttempt.Exclusion;
import dev.rollcall.lb.template.RenderAttempt.Exclusions;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import dev.rollcall.lb.template.TemplateChecker.ServiceSelection;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A template that passed its check, and with it those of the auxiliary files. Immutable and
 * thread-safe.
 */
public final class HaproxyTemplate {
  private static final String ENV = "env.";

  private final String source;
  private final TemplateChecker.References names;
  private final Template template;
  private final TemplateEnvironment environment;
  private final Map<Path, HaproxyTemplate> auxiliaries;
  private final LocalNetwork network;
  private final SortedSet<String> services;
  private final boolean ranging;

  private HaproxyTemplate(
      String source,
      TemplateChecker.References names,
      Template template,
      TemplateEnvironment environment,
      Map<Path, HaproxyTemplate> auxiliaries,
      LocalNetwork network) {
    this.source = source;
    this.names = names;
    this.template = template;
    this.environment = environment;
    this.auxiliaries = Collections.unmodifiableMap(new TreeMap<>(auxiliaries));
    this.network = network;
    SortedSet<String> all = new TreeSet<>(names.services());
    auxiliaries.values().forEach(other -> all.addAll(other.services));
    services = Collections.unmodifiableSortedSet(all);
    ranging = names.ranging() || auxiliaries.values().stream().anyMatch(other -> other.ranging);
  }

  /**
   * Checks a template in full.
   *
   * @param source what errors call the template: its file
   * @param text the template
   * @param environment the variables it may read
   * @throws TemplateException naming the line and column of what is wrong
   */
  public static HaproxyTemplate compile(String source, String text, TemplateEnvironment environment)
      throws TemplateException {
    TemplateChecker.References names =
        TemplateChecker.check(source, TagScanner.scan(source, text), environment);
    try {
      // Values are checked as they are written, by the formatter: it sees those of {{{name}}} too,
      // which the escaper doesn't.
      Template template =
          Mustache.compiler()
              .escapeHTML(false)
              .strictSections(true)
              .withFormatter(HaproxyTemplate::print)
              .withCollector(new MustacheContext.Collector())
              .compile(text);
      return new HaproxyTemplate(
          source, names, template, environment, Map.of(), LocalNetwork.LOOPBACK_ONLY);
    } catch (MustacheException e) {
      throw new TemplateException(source, String.valueOf(e.getMessage()));
    }
  }

  private static CharSequence print(Object value) {
    return value instanceof Value known
        ? known.written().get()
        : String.valueOf(((Integer) value).intValue());
  }

  /**
   * The same, rendered together with the templates of auxiliary files.
   *
   * @param others by the path of the file that each is for
   */
  public HaproxyTemplate with(Map<Path, HaproxyTemplate> others) {
    return new HaproxyTemplate(source, names, template, environment, others, network);
  }

  /**
   * The same for HAProxy on a machine of which more is known.
   *
   * @param machine its network; without this one with loopback addresses only
   */
  public HaproxyTemplate with(LocalNetwork machine) {
    Map<Path, HaproxyTemplate> there = new TreeMap<>();
    auxiliaries.forEach((path, other) -> there.put(path, other.with(machine)));
    return new HaproxyTemplate(source, names, template, environment, there, machine);
  }

  /**
   * The names of the services that the template names, sorted; what is to be watched, and nothing
   * else.
   */
  public SortedSet<String> services() {
    return services;
  }

  /** Whether it has a section of all services that the operator's rule selects. */
  public boolean isRanging() {
    return ranging;
  }

  /** Where HAProxy listens by the template alone, without any service. */
  public BindAddresses ownListeners() {
    try {
      return BindAddresses.of(
          renderOne(CatalogSnapshot.EMPTY, RouteTable.EMPTY, ServerNames.NONE, Optional.empty())
              .text());
    } catch (TemplateException e) {
      return BindAddresses.of(""); // The rendering itself says so.
    }
  }

  /**
   * The same as {@link #render(CatalogSnapshot, RouteTable, ServerNames)} of no selected service.
   */
  public RenderedConfig render(CatalogSnapshot snapshot, ServerNames before)
      throws TemplateException {
    return render(snapshot, RouteTable.EMPTY, before);
  }

  /**
   * Renders the template. The same snapshot, routes and names give the same text.
   *
   * @param snapshot what is known of the services; one that it doesn't hold has no instances
   * @param routes the selected services, with their routes
   * @param before the names that the servers had before; {@link ServerNames#NONE} at first
   * @throws TemplateException if the text would have more characters than a 32nd of the bytes that
   *     the heap may grow to, or more than 64 Mi
   */
  public RenderedConfig render(CatalogSnapshot snapshot, RouteTable routes, ServerNames before)
      throws TemplateException {
    RenderedConfig own = renderOne(snapshot, routes, before, Optional.empty());
    if (auxiliaries.isEmpty()) {
      return own;
    }
    Optional<BindAddresses> listeners = Optional.of(BindAddresses.of(own.text()));
    Map<Path, String> texts = new TreeMap<>();
    // Once for each instance: the reason names the place in one template, in the next another one.
    Map<List<String>, InstanceProblem> refusals = new LinkedHashMap<>();
    own.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
    Set<InstanceProblem> ignored = new LinkedHashSet<>(own.ignored());
    ServerNames serverNames = own.serverNames();
    for (Map.Entry<Path, HaproxyTemplate> other : auxiliaries.entrySet()) {
      RenderedConfig rendered =
          other.getValue().renderOne(snapshot, routes, serverNames, listeners);
      texts.put(other.getKey(), rendered.text());
      rendered.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
      ignored.addAll(rendered.ignored());
      serverNames = rendered.serverNames();
    }
    return new RenderedConfig(
        own.text(), texts, List.copyOf(refusals.values()), List.copyOf(ignored), serverNames);
  }

  /**
   * The instances that {@link #render} would leave out, each with the reason. {@link
   * InstanceProblem#service} is the pool's name in the snapshot, also for an instance of another
   * service. Takes as long as a rendering: ask once for a snapshot, not once for an instance.
   *
   * @return empty if none would, or if the snapshot cannot be rendered at all
   */
  public List<InstanceProblem> refusals(
      CatalogSnapshot snapshot, RouteTable routes, ServerNames before) {
    try {
      return render(snapshot, routes, before).refusals();
    } catch (TemplateException e) {
      return List.of(); // The rendering itself says so.
    }
  }

  private static List<String> instance(InstanceProblem refusal) {
    return List.of(refusal.service(), refusal.instance(), refusal.node());
  }

  /**
   * Renders until nothing is wrong: an instance that is refused while it is written may have begun
   * a line. Each attempt has fewer instances than the one before, or more with their full name; an
   * instance that was left out as a duplicate comes back when the other one is refused.
   *
   * @param listeners where HAProxy listens; empty if this text says so
   */
  private RenderedConfig renderOne(
      CatalogSnapshot snapshot,
      RouteTable routes,
      ServerNames before,
      Optional<BindAddresses> listeners)
      throws TemplateException {
    ServerNames base = before;
    Exclusions refused = new Exclusions();
    Exclusions duplicates = new Exclusions();
    while (true) {
      Map<String, List<ServiceInstance>> pools = new LinkedHashMap<>();
      snapshot
          .pools()
          .forEach(
              (name, pool) ->
                  pools.put(
                      name, duplicates.without(name, refused.without(name, pool.instances()))));
      ServerNames serverNames = base.withInstances(pools);
      Map<String, List<InstanceContext>> contexts = new LinkedHashMap<>();
      pools.forEach((name, pool) -> contexts.put(name, contexts(name, pool, serverNames)));
      RenderAttempt attempt = new RenderAttempt(contexts, execute(contexts, routes));
      List<Exclusion> wrong = attempt.refused();
      if (wrong.isEmpty()) {
        wrong =
            attempt.pointingAtHaproxy(
                listeners.orElseGet(() -> BindAddresses.of(attempt.text())), network);
      }
      if (!wrong.isEmpty()) {
        refused.add(wrong);
        duplicates.clear();
        continue;
      }
      wrong = attempt.duplicateEndpoints(one -> before.knows(one.pool(), one.instance()));
      if (!wrong.isEmpty()) {
        duplicates.add(wrong);
        continue;
      }
      List<InstanceContext> clashing = attempt.plainNameClashes(serverNames);
      if (!clashing.isEmpty()) {
        base = serverNames;
        for (InstanceContext context : clashing) {
          base = base.withFullName(context.pool(), context.instance());
        }
        continue;
      }
      wrong = attempt.fullNameCollisions(serverNames);
      if (!wrong.isEmpty()) {
        refused.add(wrong);
        duplicates.clear();
        continue;
      }
      List<InstanceProblem> refusals = new ArrayList<>(refused.problems());
      refusals.addAll(duplicates.problems());
      return rendered(attempt, refusals, serverNames);
    }
  }

  private static RenderedConfig rendered(
      RenderAttempt attempt, List<InstanceProblem> refusals, ServerNames serverNames) {
    refusals.sort(
        Comparator.comparing(InstanceProblem::service)
            .thenComparing(InstanceProblem::instance)
            .thenComparing(InstanceProblem::node));
    List<InstanceProblem> ignored =
        attempt.pools().values().stream()
            .flatMap(List::stream)
            .flatMap(context -> context.ignored().stream())
            .toList();
    String text = attempt.text();
    return new RenderedConfig(
        text.endsWith("\n") ? text : text + "\n", Map.of(), refusals, ignored, serverNames);
  }

  private List<InstanceContext> contexts(
      String pool, List<ServiceInstance> instances, ServerNames serverNames) {
    ServerNames.PoolNames poolNames = serverNames.pool(pool);
    WeightScale scale = WeightScale.of(instances.stream().map(ServiceInstance::weight).toList());
    Set<String> taken = new HashSet<>();
    List<InstanceContext> contexts = new ArrayList<>(instances.size());
    for (ServiceInstance instance : instances) {
      String name = poolNames.of(instance);
      InstanceContext context =
          new InstanceContext(
              pool,
              instance,
              name,
              scale.scale(instance.weight()),
              network.loopbackAllowed(),
              this::place);
      if (!taken.add(name)) {
        context.refuse(RenderAttempt.nameTaken(name));
      }
      contexts.add(context);
    }
    return contexts;
  }

  /** Where a value is first written, as FILE:LINE:COLUMN. */
  private String place(String value) {
    TagScanner.Position at = names.written().get(value);
    return at == null ? source : source + ":" + at.line() + ":" + at.column();
  }

  private String execute(Map<String, List<InstanceContext>> pools, RouteTable routes)
      throws TemplateException {
    List<ServiceContext> selected =
        routes.services().entrySet().stream()
            .map(
                one ->
                    new ServiceContext(
                        one.getKey(), one.getValue(), pools.getOrDefault(one.getKey(), List.of())))
            .toList();
    MustacheContext root =
        name -> {
          if (name.equals(ServiceContext.SERVICES)) {
            return selected;
          }
          if (name.startsWith(ServiceSelection.PREFIX)) {
            return ServiceSelection.of(name)
                .map(selection -> select(selection, pools))
                .orElseThrow();
          }
          return name.startsWith(ENV)
              ? Value.trusted(environment.get(name.substring(ENV.length())).orElse(null))
              : MustacheContext.UNKNOWN;
        };
    try {
      LimitedWriter text = new LimitedWriter();
      template.execute(root, text);
      return text.toString();
    } catch (MustacheException e) {
      String what = e.getCause() instanceof IOException limit ? limit.getMessage() : e.getMessage();
      throw new TemplateException(source, String.valueOf(what));
    }
  }

  private static Object select(
      ServiceSelection selection, Map<String, List<InstanceContext>> pools) {
    List<InstanceContext> pool = pools.getOrDefault(selection.service(), List.of());
    String argument = selection.argument();
    return switch (selection.kind()) {
      case ALL -> pool;
      case TAGGED -> pool.stream().filter(context -> context.hasTag(argument)).toList();
      case UNTAGGED -> pool.stream().filter(context -> !context.hasTag(argument)).toList();
      case OPTION ->
          Value.trusted(
              ServiceOption.byName(argument)
                  .flatMap(option -> option.mostRequested(pool))
                  .orElse(null));
    };
  }

  /**
   * Collects text up to a limit: sections of services in one another multiply. The limit is a part
   * of the memory that there is, since a text is held, compared and written several times over.
   */
  private static final class LimitedWriter extends Writer {
    private static final int PART = 32;

    private static final int LIMIT =
        (int) Math.min(64L << 20, Runtime.getRuntime().maxMemory() / PART);

    private final StringWriter text = new StringWriter();

    @Override
    public void write(char[] characters, int from, int length) throws IOException {
      if (text.getBuffer().length() > LIMIT - length) {
        throw new IOException(
            "the configuration would be larger than "
                + LIMIT / 1024
                + " Ki characters: are sections of services in one another? If it has to be so large,"
                + " give Java more memory (-Xmx)");
      }
      text.write(characters, from, length);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}

    @Override
    public String toString() {
      return text.toString();
    }
  }

  /**
   * What is known of the network of the machine that HAProxy runs on. Immutable and thread-safe if
   * the predicate is.
   *
   * @param loopbackAllowed whether an instance may be at a loopback address, which only makes sense
   *     if it runs on the same machine as HAProxy
   * @param owns whether an address is one of that machine; the loopback addresses are, whatever it
   *     says
   */
  public record LocalNetwork(boolean loopbackAllowed, Predicate<InetAddress> owns) {
    /** Of a machine with loopback addresses only, which are allowed. */
    public static final LocalNetwork LOOPBACK_ONLY =
        new LocalNetwork(true, InetAddress::isLoopbackAddress);
  }
}
