package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.BindAddresses;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.template.InstanceContext.WeightScale;
import dev.rollcall.lb.template.MustacheContext.Value;
import dev.rollcall.lb.template.RenderAttempt.Exclusion;
import dev.rollcall.lb.template.RenderAttempt.Exclusions;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import dev.rollcall.lb.template.TemplateChecker.ServiceSelection;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A template that passed its check, and with it those of the auxiliary files. Thread-safe, and
 * immutable but for what it remembers of its last rendering, so that the next one costs little.
 */
public final class HaproxyTemplate {
  static final String ENV = "env.";

  private final String source;
  private final TemplateChecker.References names;
  private final Template template;
  private final TemplateEnvironment environment;
  private final Map<Path, HaproxyTemplate> auxiliaries;
  private final LocalNetwork network;
  private final SortedSet<String> services;
  private final boolean ranging;

  /** Whether an instance is written in another way for its place among the others. */
  private final boolean positional;

  /** How long the last text was. */
  private int length;

  /** Those of the last rendering by pool, in order: most instances are in the next one too. */
  private Map<String, List<InstanceContext>> contexts = Map.of();

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
    positional = names.positional();
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
  private synchronized RenderedConfig renderOne(
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
      Map<String, List<InstanceContext>> offered = new LinkedHashMap<>();
      pools.forEach((name, pool) -> offered.put(name, contexts(name, pool, serverNames)));
      contexts = offered;
      RenderAttempt attempt = new RenderAttempt(offered, execute(offered, routes));
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
      Map<String, List<InstanceContext>> namedTwice = attempt.namedTwice();
      List<InstanceContext> clashing = RenderAttempt.plainNameClashes(namedTwice, serverNames);
      if (!clashing.isEmpty()) {
        base = serverNames;
        for (InstanceContext context : clashing) {
          base = base.withFullName(context.pool(), context.instance());
        }
        continue;
      }
      wrong = RenderAttempt.fullNameCollisions(namedTwice, serverNames);
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
    List<InstanceProblem> ignored = new ArrayList<>();
    attempt
        .pools()
        .values()
        .forEach(pool -> pool.forEach(context -> ignored.addAll(context.ignored())));
    String text = attempt.text();
    return new RenderedConfig(
        text.endsWith("\n") ? text : text + "\n",
        Map.of(),
        refusals,
        List.copyOf(ignored),
        serverNames);
  }

  @SuppressWarnings("ReferenceEquality") // What is left out is told by identity too.
  private List<InstanceContext> contexts(
      String pool, List<ServiceInstance> instances, ServerNames serverNames) {
    ServerNames.PoolNames poolNames = serverNames.pool(pool);
    WeightScale scale = WeightScale.of(instances.stream().map(ServiceInstance::weight).toList());
    Function<String, String> places = this::place;
    Iterator<InstanceContext> before = contexts.getOrDefault(pool, List.of()).iterator();
    InstanceContext known = before.hasNext() ? before.next() : null;
    Set<String> taken = new HashSet<>(2 * instances.size());
    List<InstanceContext> all = new ArrayList<>(instances.size());
    for (ServiceInstance instance : instances) {
      // Both are sorted; where they are not, an instance gets a new context.
      while (known != null
          && known.instance() != instance
          && InstanceKey.of(known.instance()).compareTo(InstanceKey.of(instance)) < 0) {
        known = before.hasNext() ? before.next() : null;
      }
      String name = poolNames.of(instance);
      int weight = scale.scale(instance.weight());
      InstanceContext context;
      if (known != null && known.instance() == instance && known.isReusable(name, weight)) {
        context = known;
        context.restart();
        known = before.hasNext() ? before.next() : null;
      } else {
        context =
            new InstanceContext(pool, instance, name, weight, network.loopbackAllowed(), places);
      }
      if (!taken.add(name)) {
        context.refuse(RenderAttempt.nameTaken(name));
      }
      all.add(context);
    }
    return all;
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
                        one.getKey(),
                        one.getValue(),
                        pools.getOrDefault(one.getKey(), List.of()),
                        !positional))
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
      LimitedWriter text = new LimitedWriter(length);
      template.execute(root, text);
      length = text.length();
      return text.toString();
    } catch (MustacheException e) {
      String what = e.getCause() instanceof IOException limit ? limit.getMessage() : e.getMessage();
      throw new TemplateException(source, String.valueOf(what));
    }
  }

  /** In a section, all of them in turn. */
  private Object section(List<InstanceContext> pool) {
    return ServiceContext.section(pool, !positional);
  }

  private Object select(ServiceSelection selection, Map<String, List<InstanceContext>> pools) {
    List<InstanceContext> pool = pools.getOrDefault(selection.service(), List.of());
    String argument = selection.argument();
    return switch (selection.kind()) {
      case ALL -> section(pool);
      case TAGGED -> section(pool.stream().filter(context -> context.hasTag(argument)).toList());
      case UNTAGGED -> section(pool.stream().filter(context -> !context.hasTag(argument)).toList());
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

    private final StringBuilder text;

    LimitedWriter(int expected) {
      text = new StringBuilder(expected + expected / PART);
    }

    @Override
    public void write(char[] characters, int from, int length) throws IOException {
      requireSpace(length);
      text.append(characters, from, length);
    }

    @Override
    public void write(String characters, int from, int length) throws IOException {
      requireSpace(length);
      text.append(characters, from, from + length);
    }

    private void requireSpace(int length) throws IOException {
      if (text.length() > LIMIT - length) {
        throw new IOException(
            "the configuration would be larger than "
                + LIMIT / 1024
                + " Ki characters: are sections of services in one another? If it has to be so large,"
                + " give Java more memory (-Xmx)");
      }
    }

    int length() {
      return text.length();
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
