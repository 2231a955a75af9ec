package dev.rollcall.lb.template;

import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import com.samskivert.mustache.Template;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.BindAddresses;
import dev.rollcall.lb.consul.CatalogSnapshot;
import java.io.IOException;
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

/**
 * A template that was read and found right, and with it those of the files beside the
 * configuration. Immutable and thread-safe.
 */
public final class HaproxyTemplate implements InstanceValidator {
  private static final String ENV = "env.";

  private final String source;
  private final TemplateChecker.Found names;
  private final Template template;
  private final TemplateEnvironment environment;
  private final Map<Path, HaproxyTemplate> others;
  private final LocalNetwork network;
  private final SortedSet<String> services;

  private HaproxyTemplate(
      String source,
      TemplateChecker.Found names,
      Template template,
      TemplateEnvironment environment,
      Map<Path, HaproxyTemplate> others,
      LocalNetwork network) {
    this.source = source;
    this.names = names;
    this.template = template;
    this.environment = environment;
    this.others = others;
    this.network = network;
    SortedSet<String> all = new TreeSet<>(names.services());
    others.values().forEach(other -> all.addAll(other.services));
    services = Collections.unmodifiableSortedSet(all);
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
    TemplateChecker.Found names =
        TemplateChecker.check(source, TagScanner.scan(source, text), environment);
    try {
      // Values are judged as they are written, by the formatter: it sees those of {{{name}}} too,
      // which the escaper doesn't.
      Template template =
          Mustache.compiler()
              .escapeHTML(false)
              .strictSections(true)
              .withFormatter(HaproxyTemplate::print)
              .withCollector(new ScopeCollector())
              .compile(text);
      return new HaproxyTemplate(
          source, names, template, environment, Map.of(), LocalNetwork.LOOPBACK_ONLY);
    } catch (MustacheException e) {
      throw new TemplateException(source, String.valueOf(e.getMessage()));
    }
  }

  /**
   * The same, rendered together with the templates of files beside the configuration.
   *
   * @param beside by the path of the file that each is for
   */
  public HaproxyTemplate with(Map<Path, HaproxyTemplate> beside) {
    return new HaproxyTemplate(
        source,
        names,
        template,
        environment,
        Collections.unmodifiableMap(new TreeMap<>(beside)),
        network);
  }

  /**
   * The names of the services that the template names, sorted; what is to be watched, and nothing
   * else.
   */
  public SortedSet<String> services() {
    return services;
  }

  /**
   * The same for HAProxy on a machine of which more is known.
   *
   * @param machine its network; without this one with loopback addresses only
   */
  public HaproxyTemplate with(LocalNetwork machine) {
    Map<Path, HaproxyTemplate> there = new TreeMap<>();
    others.forEach((path, other) -> there.put(path, other.with(machine)));
    return new HaproxyTemplate(
        source, names, template, environment, Collections.unmodifiableMap(there), machine);
  }

  /**
   * Renders the template for the first time.
   *
   * @param view what is known of the services; one that it doesn't hold has no instances
   * @throws TemplateException if the text would have more characters than a 32nd of the bytes that
   *     the heap may grow to, or more than 64 Mi
   */
  public RenderedConfig render(CatalogSnapshot view) throws TemplateException {
    return render(view, ServerNames.NONE);
  }

  /**
   * Renders the template. The same view and names give the same text.
   *
   * @param view what is known of the services; one that it doesn't hold has no instances
   * @param before the names that the servers had before
   * @throws TemplateException if the text would have more characters than a 32nd of the bytes that
   *     the heap may grow to, or more than 64 Mi
   */
  public RenderedConfig render(CatalogSnapshot view, ServerNames before) throws TemplateException {
    RenderedConfig own = renderOne(view, before, Optional.empty());
    if (others.isEmpty()) {
      return own;
    }
    BindAddresses listeners = BindAddresses.of(own.text());
    Map<Path, String> texts = new TreeMap<>();
    // Once for each instance: the reason names the place in one template, in the next another one.
    Map<List<String>, InstanceProblem> refusals = new LinkedHashMap<>();
    own.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
    Set<InstanceProblem> ignored = new LinkedHashSet<>(own.ignored());
    ServerNames serverNames = own.serverNames();
    for (Map.Entry<Path, HaproxyTemplate> other : others.entrySet()) {
      RenderedConfig rendering =
          other.getValue().renderOne(view, serverNames, Optional.of(listeners));
      texts.put(other.getKey(), rendering.text());
      rendering.refusals().forEach(refusal -> refusals.putIfAbsent(instance(refusal), refusal));
      ignored.addAll(rendering.ignored());
      serverNames = rendering.serverNames();
    }
    return new RenderedConfig(
        own.text(), texts, List.copyOf(refusals.values()), List.copyOf(ignored), serverNames);
  }

  @Override
  public List<InstanceProblem> refusals(CatalogSnapshot view, ServerNames before) {
    try {
      return render(view, before).refusals();
    } catch (TemplateException e) {
      return List.of(); // The rendering itself says so.
    }
  }

  private static List<String> instance(InstanceProblem refusal) {
    return List.of(refusal.service(), refusal.instance(), refusal.node());
  }

  /**
   * Renders until nothing is wrong: an instance that is refused while it is written may have begun
   * a line. Each turn has fewer instances than the one before, or more that go by their full name;
   * and whoever makes way for another one of the same address comes back when that one is refused.
   *
   * @param listeners where HAProxy listens; empty if this text says so
   */
  private RenderedConfig renderOne(
      CatalogSnapshot view, ServerNames before, Optional<BindAddresses> listeners)
      throws TemplateException {
    ServerNames base = before;
    Exclusions refused = new Exclusions();
    Exclusions repeated = new Exclusions();
    while (true) {
      Map<String, List<ServiceInstance>> pools = new LinkedHashMap<>();
      view.pools()
          .forEach(
              (pool, all) ->
                  pools.put(pool, repeated.without(pool, refused.without(pool, all.instances()))));
      ServerNames serverNames = base.withInstances(pools);
      Map<String, List<InstanceContext>> scopes = new LinkedHashMap<>();
      pools.forEach((pool, all) -> scopes.put(pool, scopes(pool, all, serverNames)));
      RenderAttempt round = new RenderAttempt(scopes, execute(scopes));
      List<RenderAttempt.LeftOut> wrong = round.refused();
      if (wrong.isEmpty()) {
        wrong =
            round.pointingAtHaproxy(
                listeners.orElseGet(() -> BindAddresses.of(round.text())), network);
      }
      if (!wrong.isEmpty()) {
        refused.add(wrong);
        repeated.clear();
        continue;
      }
      wrong = round.duplicateEndpoints(scope -> before.knows(scope.pool(), scope.instance()));
      if (!wrong.isEmpty()) {
        repeated.add(wrong);
        continue;
      }
      List<InstanceContext> clashing = round.plainNameClashes(serverNames);
      if (!clashing.isEmpty()) {
        base = serverNames;
        for (InstanceContext scope : clashing) {
          base = base.withFullName(scope.pool(), scope.instance());
        }
        continue;
      }
      wrong = round.fullNameCollisions(serverNames);
      if (!wrong.isEmpty()) {
        refused.add(wrong);
        repeated.clear();
        continue;
      }
      return rendering(round, refused, repeated, serverNames);
    }
  }

  private static RenderedConfig rendering(
      RenderAttempt round, Exclusions refused, Exclusions repeated, ServerNames serverNames) {
    List<InstanceProblem> refusals = new ArrayList<>(refused.refusals());
    refusals.addAll(repeated.refusals());
    refusals.sort(
        Comparator.comparing(InstanceProblem::service)
            .thenComparing(InstanceProblem::instance)
            .thenComparing(InstanceProblem::node));
    List<InstanceProblem> ignored =
        round.scopes().values().stream()
            .flatMap(List::stream)
            .flatMap(scope -> scope.ignored().stream())
            .toList();
    String text = round.text();
    return new RenderedConfig(
        text.endsWith("\n") ? text : text + "\n", Map.of(), refusals, ignored, serverNames);
  }

  private List<InstanceContext> scopes(
      String pool, List<ServiceInstance> instances, ServerNames serverNames) {
    PoolNames poolNames = serverNames.pool(pool);
    WeightScale scale = WeightScale.of(instances.stream().map(ServiceInstance::weight).toList());
    Set<String> taken = new HashSet<>();
    List<InstanceContext> scopes = new ArrayList<>(instances.size());
    for (ServiceInstance instance : instances) {
      String name = poolNames.of(instance);
      InstanceContext scope =
          new InstanceContext(
              pool,
              instance,
              name,
              scale.scale(instance.weight()),
              network.loopbackAllowed(),
              this::place);
      if (!taken.add(name)) {
        scope.refuse(
            "its server name "
                + name
                + " is taken by another instance: register it under another id");
      }
      scopes.add(scope);
    }
    return scopes;
  }

  /** Where a value is first written, as FILE:LINE:COLUMN. */
  private String place(String value) {
    Position at = names.written().get(value);
    return at == null ? source : source + ":" + at.line() + ":" + at.column();
  }

  private String execute(Map<String, List<InstanceContext>> pools) throws TemplateException {
    MustacheContext root =
        name -> {
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
      BoundedText text = new BoundedText();
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
      case TAGGED -> pool.stream().filter(scope -> scope.tagged(argument)).toList();
      case UNTAGGED -> pool.stream().filter(scope -> !scope.tagged(argument)).toList();
      case OPTION ->
          Value.trusted(
              ServiceOption.byName(argument)
                  .flatMap(option -> option.mostRequested(pool))
                  .orElse(null));
    };
  }

  private static CharSequence print(Object value) {
    return value instanceof Value known
        ? known.print()
        : String.valueOf(((Integer) value).intValue());
  }
}
