package dev.rollcall.lb.reconcile;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.RetainedInstance;
import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.reconcile.StartupGate.Decision;
import dev.rollcall.lb.routing.Route;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.routing.RouteTable.ServiceRoutes;
import dev.rollcall.lb.status.Status;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import dev.rollcall.lb.update.ApplyResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts what the reconciler does on the status board and into the log. Used by one thread. */
final class ReconcileReporter {
  private static final Logger log = LoggerFactory.getLogger(ReconcileReporter.class);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final int MOST_LOGGED = 20;
  private static final int MOST_IDS = 5;

  private final StatusBoard board;
  private final TimeSource time;
  private Map<String, List<RetainedInstance>> retained = Map.of();
  private Map<String, Status.Retention> retentions = Map.of();
  private List<InstanceProblem> refusals = List.of();
  private Set<String> ignored = Set.of();
  private Set<String> refusedRoutes = Set.of();
  private SortedMap<String, String> refusedServices = new TreeMap<>();
  private String failure = "";

  private record Key(String service, String id, String node) {
    static Key of(InstanceProblem problem) {
      return new Key(problem.service(), problem.instance(), problem.node());
    }
  }

  ReconcileReporter(StatusBoard board, TimeSource time) {
    this.board = board;
    this.time = time;
  }

  /**
   * It was decided what to do with what Consul says at the start; a decision that lasts is logged
   * once.
   */
  void startup(Decision before, Decision now, Set<String> unanswered, Duration timeout) {
    String waiting =
        switch (now) {
          case AWAIT_ANSWERS -> "Consul's first answer for " + String.join(", ", unanswered);
          case KEEP_UNANSWERED -> "Consul's first answer";
          case KEEP_IMPLAUSIBLE -> "instances to register";
          case RENDER -> null;
        };
    if (!Objects.equals(waiting, board.read().waiting())) {
      board.waitingFor(waiting);
    }
    if (now == before) {
      return;
    }
    if (before == Decision.AWAIT_ANSWERS && !unanswered.isEmpty()) {
      log.warn(
          "Consul has not answered within {} s for {}: their servers of an earlier run stay, other services are followed",
          timeout.toSeconds(),
          unanswered);
    }
    if (now == Decision.KEEP_UNANSWERED) {
      log.warn(
          "Consul has not answered for {} s: the configuration that is there stays in use",
          timeout.toSeconds());
    } else if (now == Decision.KEEP_IMPLAUSIBLE) {
      log.warn(
          "Consul has too few instances of every service: the configuration that is there stays in use for now");
    }
  }

  void unexpected(Throwable e) {
    log.error("This should not happen; the last good configuration stays in use", e);
    board.failed(e.toString());
  }

  /**
   * Another template is in use, or its problem began or ended.
   *
   * @param readNow whether it was read now
   */
  void template(ActiveTemplate template, boolean readNow) {
    Instant now = time.now();
    board.template(
        new Status.Template(
            template.name(),
            readNow ? now : board.read().template().readAt(),
            template.problem().orElse(null)),
        now);
  }

  /** What self-preservation retains now; logged when it begins and when it ends. */
  void retained(Map<String, List<RetainedInstance>> now, SelfPreservationRules rules) {
    if (now.equals(retained)) {
      return;
    }
    Map<String, Status.Retention> described = new TreeMap<>();
    now.forEach(
        (service, instances) ->
            described.put(service, retention(instances, rules.of(service).grace())));
    described.forEach(
        (service, retention) -> {
          if (!retained.containsKey(service)) {
            log.warn(
                "Service {}: {} stay in the pool for now, as they {}: {}",
                service,
                retention.held().size(),
                retention.reason(),
                ids(retention.held()));
          }
        });
    retained.keySet().stream()
        .filter(service -> !now.containsKey(service))
        .forEach(service -> log.info("Service {}: its pool is as Consul has it again", service));
    retained = now;
    retentions = described;
    board.retained(described);
  }

  private Status.Retention retention(List<RetainedInstance> instances, Duration grace) {
    Duration now = time.elapsed();
    Instant wall = time.now();
    List<Duration> since = instances.stream().map(RetainedInstance::since).sorted().toList();
    Duration end = since.get(since.size() - 1).plus(grace);
    return new Status.Retention(
        instances.stream().map(one -> one.instance().id()).toList(),
        instances.stream()
            .map(one -> one.cause().description())
            .distinct()
            .sorted()
            .collect(Collectors.joining(" or ")),
        wall.minus(now.minus(since.get(0))),
        end.compareTo(now) > 0 ? wall.plus(end.minus(now)) : null);
  }

  private static String ids(List<String> ids) {
    String first =
        ids.stream().limit(MOST_IDS).map(PrintableText::of).collect(Collectors.joining(", "));
    return ids.size() > MOST_IDS ? first + ", …" : first;
  }

  /** Which services the rule allows and cannot be had, each with the reason; logged once. */
  void selected(SortedMap<String, String> refused) {
    if (refused.equals(refusedServices)) {
      return;
    }
    List<Map.Entry<String, String>> fresh =
        refused.entrySet().stream()
            .filter(one -> !one.getValue().equals(refusedServices.get(one.getKey())))
            .toList();
    if (!fresh.isEmpty()) {
      log.warn(
          "Services that are not served: {} now. New among them is '{}', as {}",
          refused.size(),
          PrintableText.of(fresh.get(0).getKey()),
          fresh.get(0).getValue());
    }
    refusedServices = new TreeMap<>(refused);
    board.refusedServices(
        refused.entrySet().stream()
            .map(one -> new Status.RefusedService(one.getKey(), one.getValue()))
            .toList());
  }

  /**
   * Something was rendered.
   *
   * @param routes the selected services
   * @param screened who was refused before self-preservation, which may have kept them as they were
   */
  void rendered(
      CatalogSnapshot snapshot,
      RouteTable routes,
      List<InstanceProblem> screened,
      RenderedConfig config) {
    Map<Key, InstanceProblem> leftOut = new LinkedHashMap<>();
    Stream.concat(screened.stream(), config.refusals().stream())
        .forEach(refusal -> leftOut.putIfAbsent(Key.of(refusal), refusal));
    logRefusals(List.copyOf(leftOut.values()));
    logIgnored(config.ignored());
    logRefusedRoutes(routes);
    board.rendered(
        new Status.Render(time.now(), config.text().length(), leftOut.size()),
        services(snapshot, routes, screened, config));
  }

  /** Each once, and not at every rendering. */
  private void logRefusedRoutes(RouteTable routes) {
    Set<String> now = new LinkedHashSet<>();
    routes
        .services()
        .forEach(
            (service, own) ->
                own.refusals()
                    .forEach(one -> now.add("service " + PrintableText.of(service) + ", " + one)));
    now.stream()
        .filter(one -> !refusedRoutes.contains(one))
        .limit(MOST_LOGGED)
        .forEach(one -> log.warn("Route refused: {}", one));
    if (!now.equals(refusedRoutes)) {
      log.info("Routes refused now: {} (before: {})", now.size(), refusedRoutes.size());
      refusedRoutes = now;
    }
  }

  private static Status.@Nullable Routing routing(@Nullable ServiceRoutes routes) {
    return routes == null
        ? null
        : new Status.Routing(
            routes.routes().stream().map(Route::toString).toList(),
            routes.refusals().stream()
                .map(one -> new Status.RefusedRoute(one.what(), one.reason()))
                .toList());
  }

  private List<Status.Service> services(
      CatalogSnapshot snapshot,
      RouteTable routes,
      List<InstanceProblem> screened,
      RenderedConfig config) {
    Map<Key, String> refusedBefore = reasons(screened);
    Map<Key, String> refused = reasons(config.refusals());
    Map<Key, String> ignoredNow = reasons(config.ignored());
    List<Status.Service> services = new ArrayList<>();
    snapshot
        .pools()
        .forEach(
            (name, pool) -> {
              List<Status.Instance> instances = new ArrayList<>();
              pool.instances()
                  .forEach(one -> instances.add(instance(name, one, config, refused, ignoredNow)));
              pool.refused()
                  .forEach(
                      one -> instances.add(instance(name, one, config, refusedBefore, ignoredNow)));
              instances.sort(
                  Comparator.comparing(Status.Instance::id).thenComparing(Status.Instance::node));
              services.add(
                  new Status.Service(
                      name,
                      pool.answered(),
                      instances,
                      retentions.get(name),
                      routing(routes.services().get(name))));
            });
    return services;
  }

  private static Status.Instance instance(
      String service,
      ServiceInstance instance,
      RenderedConfig config,
      Map<Key, String> refused,
      Map<Key, String> ignored) {
    Key key = new Key(service, instance.id(), instance.node());
    return new Status.Instance(
        instance.id(),
        instance.node(),
        instance.address(),
        instance.port(),
        instance.weight(),
        refused.containsKey(key) ? null : config.serverNames().of(service, instance).orElse(null),
        refused.get(key),
        ignored.get(key));
  }

  private static Map<Key, String> reasons(List<InstanceProblem> problems) {
    Map<Key, String> reasons = new HashMap<>();
    problems.forEach(
        problem ->
            reasons.merge(Key.of(problem), problem.reason(), (one, other) -> one + "; " + other));
    return reasons;
  }

  private void logRefusals(List<InstanceProblem> now) {
    if (!now.equals(refusals)) {
      Set<InstanceProblem> before = new HashSet<>(refusals);
      now.stream()
          .filter(refusal -> !before.contains(refusal))
          .limit(MOST_LOGGED)
          .forEach(refusal -> log.warn("Left out: {}", refusal));
      log.info("Left out now: {} (before: {})", now.size(), refusals.size());
      refusals = now;
    }
  }

  /** One line for what many instances of a service ask for alike. */
  private void logIgnored(List<InstanceProblem> now) {
    Map<String, List<InstanceProblem>> alike =
        now.stream()
            .collect(
                Collectors.groupingBy(
                    one -> PrintableText.of(one.service()) + ": " + one.reason(),
                    TreeMap::new,
                    Collectors.toList()));
    alike.entrySet().stream()
        .filter(one -> !ignored.contains(one.getKey()))
        .limit(MOST_LOGGED)
        .forEach(
            one ->
                log.warn(
                    "Ignored of service {}. Asked for by {} of its instances, the first is '{}' on"
                        + " node '{}'",
                    one.getKey(),
                    one.getValue().size(),
                    PrintableText.of(one.getValue().get(0).instance()),
                    PrintableText.of(one.getValue().get(0).node())));
    ignored = Set.copyOf(alike.keySet());
  }

  /**
   * A configuration was applied, or could not be; a failure that repeats is logged once.
   *
   * @param changedAt when the change came that a success brings; null if it brings none
   * @return whether it succeeded
   */
  boolean applied(ApplyResult result, Duration began, @Nullable Duration changedAt) {
    Duration now = time.elapsed();
    Status.Apply ended = describe(result, Status.seconds(now.minus(began)));
    if (ended.succeeded() && changedAt != null) {
      ended = ended.bringing(Status.seconds(now.minus(changedAt)));
    }
    board.applied(ended);
    if (ended.succeeded()) {
      failure = "";
      log.info("{}: {} ({} s)", ended.kind(), ended.reason(), ended.seconds());
    } else if (!failure.equals(ended.reason())) {
      failure = ended.reason();
      log.warn("{}: {}", ended.kind(), failure);
    }
    return ended.succeeded();
  }

  private Status.Apply describe(ApplyResult result, double seconds) {
    if (result instanceof ApplyResult.NoChange) {
      return apply("no-change", "HAProxy has it already", seconds, true);
    } else if (result instanceof ApplyResult.RuntimeChanged changed) {
      // The file followed after the servers, and nobody waited for it.
      double served = changed.took().toNanos() / NANOS_PER_SECOND;
      return apply("changed", changed.summary(), served, true);
    } else if (result instanceof ApplyResult.Reloaded reloaded) {
      return apply("reloaded", reloaded.reason(), seconds, true);
    } else if (result instanceof ApplyResult.FileWritten written) {
      return apply("written", written.reason(), seconds, true);
    } else if (result instanceof ApplyResult.HaproxyAbsent absent) {
      return apply("waiting", absent.reason(), seconds, false);
    } else if (result instanceof ApplyResult.Rejected rejected) {
      String kept = rejected.candidate() == null ? "" : " (kept in " + rejected.candidate() + ")";
      return apply("rejected", rejected.message() + kept, seconds, false);
    } else if (result instanceof ApplyResult.Failed failed) {
      return apply("failed", failed.message(), seconds, false);
    }
    throw new IllegalStateException("unknown result " + result);
  }

  private Status.Apply apply(String kind, String reason, double seconds, boolean succeeded) {
    return new Status.Apply(time.now(), kind, reason, seconds, succeeded, null);
  }
}
