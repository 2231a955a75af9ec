package dev.rollcall.lb.status;

import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.haproxy.StatsReport.ServerStats;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The shape of {@code /status}. Immutable.
 *
 * @param degraded whether there are problems
 * @param problems each in a sentence
 * @param refusedServices the first of the services that the operator's rule allows and that cannot
 *     be had
 * @param history the last changes, the oldest first
 */
record StatusDocument(
    String version,
    Instant startedAt,
    Instant at,
    boolean degraded,
    List<String> problems,
    Status.Template template,
    List<Service> services,
    List<Status.RefusedService> refusedServices,
    Status.@Nullable Render lastRender,
    Status.@Nullable Apply lastApply,
    @Nullable Instant lastSuccess,
    Map<String, Long> applies,
    RuntimeStatus.Haproxy haproxy,
    History history) {
  /** As many instances as a person might look at. */
  private static final int MOST_LISTED = 500;

  /**
   * A service, with as many of its instances as fit into an answer.
   *
   * @param backend what gives Consul's answers for it: {@code streaming} (the agent's own view,
   *     which a server feeds) or {@code blocking-query} (a server); null before the first
   * @param consistency the consistency that these have: {@code stale}, {@code default} or {@code
   *     consistent}; null before the first
   * @param problem why Consul's last answer for it could not be used; null if it could
   * @param served how many instances are in the configuration
   * @param refused how many were left out of it
   * @param unlisted how many are not in {@code instances}, as there are too many
   * @param unusable instances that are not even among those, as their address, port or id is none:
   *     each with the reason, and no more than fit in
   * @param guard what is retained of it; null if nothing
   * @param routing where it is reached; null if the template names it and does not range over it
   */
  record Service(
      String name,
      boolean answered,
      @Nullable Double ageSeconds,
      boolean stale,
      @Nullable String backend,
      @Nullable String consistency,
      @Nullable String problem,
      long served,
      long refused,
      int unlisted,
      List<Status.Instance> instances,
      List<String> unusable,
      Status.@Nullable Retention guard,
      Status.@Nullable Routing routing) {

    static Service of(Status.Service service, Catalog.@Nullable WatchStatus watch) {
      List<Status.Instance> all = service.instances();
      List<Status.Instance> listed = all.stream().limit(MOST_LISTED).toList();
      long served = service.served();
      Status.Retention guard = service.guard();
      return new Service(
          service.name(),
          service.answered(),
          watch == null ? null : Status.seconds(watch.age()),
          watch == null || watch.stale(),
          watch == null ? null : watch.backend(),
          watch == null ? null : watch.consistency(),
          watch == null ? null : watch.failure().orElse(null),
          served,
          all.size() - served,
          all.size() - listed.size(),
          listed,
          watch == null ? List.of() : watch.leftOut().stream().limit(MOST_LISTED).toList(),
          guard == null
              ? null
              : new Status.Retention(
                  guard.held().stream().limit(MOST_LISTED).map(Status::clip).toList(),
                  guard.reason(),
                  guard.since(),
                  guard.until()),
          service.routing());
    }
  }

  /**
   * The shape of {@code /live}: the status with its last changes alone, and HAProxy's servers.
   *
   * @param trafficProblem why HAProxy's servers are not there; null if they are, or can't be
   * @param servers HAProxy's servers, each with the endpoint by which it belongs to an instance
   */
  record Live(StatusDocument status, @Nullable String trafficProblem, List<ServerStats> servers) {}

  /** The document as of a time, with the last few changes. */
  static StatusDocument of(Status now, RuntimeStatus runtime, Instant at, int changes) {
    List<String> problems = problems(now, runtime);
    return new StatusDocument(
        now.version(),
        now.startedAt(),
        at,
        !problems.isEmpty(),
        problems,
        now.template(),
        now.services().stream()
            .map(service -> Service.of(service, runtime.watches().get(service.name())))
            .toList(),
        now.refusedServices().stream().limit(MOST_LISTED).toList(),
        now.lastRender(),
        now.lastApply(),
        now.lastSuccess(),
        now.applies(),
        runtime.haproxy(),
        now.history().newest(changes));
  }

  /** The services that Consul has never answered for, each with what is served of it, and why. */
  static List<String> unanswered(Status now, RuntimeStatus runtime) {
    Map<String, Status.Service> rendered = new TreeMap<>();
    now.services().forEach(service -> rendered.put(service.name(), service));
    List<String> lines = new ArrayList<>();
    runtime
        .watches()
        .forEach(
            (name, watch) -> {
              Status.Service service = rendered.get(name);
              if (service == null ? watch.stale() : !service.answered()) {
                lines.add(
                    "service %s: Consul has not answered for it%s%s"
                        .formatted(name, served(service), because(watch)));
              }
            });
    return lines;
  }

  private static String served(Status.@Nullable Service service) {
    if (service == null) {
      return "";
    }
    return service.instances().isEmpty()
        ? ", so it has no servers"
        : ", so it has the servers of an earlier run (" + service.instances().size() + ")";
  }

  private static String because(Catalog.WatchStatus watch) {
    return watch.failure().map(why -> ": " + why).orElse("");
  }

  static List<String> problems(Status now, RuntimeStatus runtime) {
    List<String> problems = new ArrayList<>();
    if (!runtime.reconciling()) {
      problems.add("the pipeline has ended: restart lb-renderer");
    }
    if (now.waiting() != null) {
      problems.add("waiting for " + now.waiting());
    }
    if (now.template().problem() != null) {
      problems.add(now.template().problem());
    }
    Set<String> answered =
        now.services().stream()
            .filter(Status.Service::answered)
            .map(Status.Service::name)
            .collect(Collectors.toSet());
    runtime
        .watches()
        .forEach(
            (service, watch) -> {
              if (watch.stale() && answered.contains(service)) {
                problems.add(
                    "what is known of service %s may be out of date: Consul does not answer%s"
                        .formatted(service, because(watch)));
              }
            });
    problems.addAll(unanswered(now, runtime));
    for (Status.Service service : now.services()) {
      Status.Retention guard = service.guard();
      if (guard != null) {
        problems.add(
            "service %s: %s of its instances stay in the pool for now, as they %s"
                .formatted(service.name(), guard.held().size(), guard.reason()));
      }
    }
    if (!now.refusedServices().isEmpty()) {
      Status.RefusedService first = now.refusedServices().get(0);
      problems.add(
          "services that are not served: %s, the first is '%s': %s"
              .formatted(now.refusedServices().size(), first.name(), first.reason()));
    }
    if (now.lastApply() != null && !now.lastApply().succeeded()) {
      problems.add(now.lastApply().kind() + ": " + now.lastApply().reason());
    }
    if (runtime.haproxy().problem() != null) {
      problems.add("HAProxy: " + runtime.haproxy().problem());
    }
    problems.addAll(runtime.haproxy().doubts());
    if (now.error() != null) {
      problems.add("internal error: " + now.error());
    }
    return problems;
  }
}
