package dev.rollcall.lb.status;

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
 * @param history the last changes, the oldest first
 */
record StatusDocument(
    String version,
    Instant startedAt,
    Instant at,
    boolean degraded,
    List<String> problems,
    TemplateStatus template,
    List<Service> services,
    @Nullable RenderStatus lastRender,
    @Nullable ApplyStatus lastApply,
    @Nullable Instant lastSuccess,
    Map<String, Long> applies,
    RuntimeStatus.Haproxy haproxy,
    History history) {

  /**
   * A service, with as many of its instances as fit into an answer.
   *
   * @param problem why Consul's last answer for it could not be used; null if it could
   * @param served how many instances are in the configuration
   * @param refused how many were left out of it
   * @param unlisted how many are not in {@code instances}, as there are too many
   * @param unusable instances that are not even among those, as their address, port or id is none:
   *     each with the reason, and no more than fit in
   * @param guard what the guard holds of it; null if nothing
   */
  record Service(
      String name,
      boolean answered,
      @Nullable Double ageSeconds,
      boolean stale,
      @Nullable String problem,
      long served,
      long refused,
      int unlisted,
      List<InstanceStatus> instances,
      List<String> unusable,
      @Nullable RetentionStatus guard) {
    /** As many as a person might look at. */
    static final int MOST_LISTED = 500;

    static Service of(ServiceStatus service, RuntimeStatus.@Nullable WatchAge age) {
      List<InstanceStatus> all = service.instances();
      long served = service.served();
      List<InstanceStatus> listed = all.stream().limit(MOST_LISTED).toList();
      return new Service(
          service.name(),
          service.answered(),
          age == null ? null : age.seconds(),
          age == null || age.stale(),
          age == null ? null : age.problem(),
          served,
          all.size() - served,
          all.size() - listed.size(),
          listed,
          age == null ? List.of() : age.unusable().stream().limit(MOST_LISTED).toList(),
          service.guard() == null ? null : service.guard().listing(MOST_LISTED));
    }
  }

  static StatusDocument of(Status now, RuntimeStatus live, Instant at, int changes) {
    List<String> problems = problems(now, live);
    return new StatusDocument(
        now.version(),
        now.startedAt(),
        at,
        !problems.isEmpty(),
        problems,
        now.template(),
        now.services().stream()
            .map(service -> Service.of(service, live.ages().get(service.name())))
            .toList(),
        now.lastRender(),
        now.lastApply(),
        now.lastSuccess(),
        now.applies(),
        live.haproxy(),
        now.history().newest(changes));
  }

  /** The services that Consul has never answered for, each with what is served of it, and why. */
  static List<String> unanswered(Status now, RuntimeStatus live) {
    Map<String, ServiceStatus> rendered = new TreeMap<>();
    now.services().forEach(service -> rendered.put(service.name(), service));
    List<String> lines = new ArrayList<>();
    live.ages()
        .forEach(
            (name, age) -> {
              ServiceStatus service = rendered.get(name);
              if (service == null ? age.stale() : !service.answered()) {
                lines.add(
                    "service "
                        + name
                        + ": Consul has not answered for it"
                        + served(service)
                        + (age.problem() == null ? "" : ": " + age.problem()));
              }
            });
    return lines;
  }

  private static String served(@Nullable ServiceStatus service) {
    if (service == null) {
      return "";
    }
    return service.instances().isEmpty()
        ? ", so it has no servers"
        : ", so it has the servers of an earlier run (" + service.instances().size() + ")";
  }

  static List<String> problems(Status now, RuntimeStatus live) {
    List<String> problems = new ArrayList<>();
    if (!live.reconciling()) {
      problems.add("the pipeline has ended: restart lb-renderer");
    }
    if (now.waiting() != null) {
      problems.add("waiting for " + now.waiting());
    }
    if (now.template().problem() != null) {
      problems.add(now.template().problem());
    }
    Set<String> known =
        now.services().stream()
            .filter(ServiceStatus::answered)
            .map(ServiceStatus::name)
            .collect(Collectors.toSet());
    live.ages()
        .forEach(
            (service, age) -> {
              if (age.stale() && known.contains(service)) {
                problems.add(
                    "what is known of service "
                        + service
                        + " may be out of date: Consul does not answer"
                        + (age.problem() == null ? "" : ": " + age.problem()));
              }
            });
    problems.addAll(unanswered(now, live));
    for (ServiceStatus service : now.services()) {
      RetentionStatus guard = service.guard();
      if (guard != null) {
        problems.add(
            "service "
                + service.name()
                + ": "
                + guard.held().size()
                + " of its instances stay in the pool for now, as they "
                + guard.reason());
      }
    }
    if (now.lastApply() != null && !now.lastApply().succeeded()) {
      problems.add(now.lastApply().kind() + ": " + now.lastApply().reason());
    }
    if (live.haproxy().problem() != null) {
      problems.add("HAProxy: " + live.haproxy().problem());
    }
    problems.addAll(live.haproxy().doubts());
    if (now.error() != null) {
      problems.add("internal error: " + now.error());
    }
    return problems;
  }
}
