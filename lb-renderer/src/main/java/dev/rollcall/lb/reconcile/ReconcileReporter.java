package dev.rollcall.lb.reconcile;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.status.ApplyStatus;
import dev.rollcall.lb.status.InstanceStatus;
import dev.rollcall.lb.status.RetentionStatus;
import dev.rollcall.lb.status.ServiceStatus;
import dev.rollcall.lb.template.InstanceProblem;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.update.ApplyResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Puts what the stations say into the status board's words. */
final class ReconcileReporter {
  private static final double MILLIS_PER_SECOND = 1000.0;
  private static final double NANOS_PER_SECOND = 1e9;

  private record Key(String service, String id, String node) {}

  private ReconcileReporter() {}

  static ApplyStatus of(ApplyResult applied, Instant at, Duration took) {
    double seconds = seconds(took);
    if (applied instanceof ApplyResult.NoChange) {
      return new ApplyStatus(at, "no-change", "HAProxy has it already", seconds, true);
    } else if (applied instanceof ApplyResult.RuntimeChanged changed) {
      // The file followed after the servers, and nobody waited for it.
      double served = changed.took().toNanos() / NANOS_PER_SECOND;
      return new ApplyStatus(at, "changed", changed.summary(), served, true);
    } else if (applied instanceof ApplyResult.Reloaded reloaded) {
      return new ApplyStatus(at, "reloaded", reloaded.reason(), seconds, true);
    } else if (applied instanceof ApplyResult.FileWritten written) {
      return new ApplyStatus(at, "written", written.reason(), seconds, true);
    } else if (applied instanceof ApplyResult.HaproxyAbsent waiting) {
      return new ApplyStatus(at, "waiting", waiting.reason(), seconds, false);
    } else if (applied instanceof ApplyResult.Rejected rejected) {
      return new ApplyStatus(
          at,
          "rejected",
          rejected.candidate() == null
              ? rejected.message()
              : rejected.message() + " (kept in " + rejected.candidate() + ")",
          seconds,
          false);
    } else if (applied instanceof ApplyResult.Failed failed) {
      return new ApplyStatus(at, "failed", failed.message(), seconds, false);
    }
    throw new IllegalStateException("unknown outcome " + applied);
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS_PER_SECOND;
  }

  /** What was refused before the guard and after it, each instance once. */
  static List<InstanceProblem> each(List<InstanceProblem> before, List<InstanceProblem> after) {
    Map<Key, InstanceProblem> all = new LinkedHashMap<>();
    Stream.concat(before.stream(), after.stream())
        .forEach(
            refusal ->
                all.putIfAbsent(
                    new Key(refusal.service(), refusal.instance(), refusal.node()), refusal));
    return List.copyOf(all.values());
  }

  /**
   * The services of a view.
   *
   * @param before who was refused before the guard: the guard may have kept what was served of them
   * @param after the rendering of what the guard let through
   */
  static List<ServiceStatus> of(
      CatalogSnapshot view,
      List<InstanceProblem> before,
      RenderedConfig after,
      Map<String, RetentionStatus> guards) {
    Map<Key, String> refused = reasons(before);
    Map<Key, String> notServed = reasons(after.refusals());
    Map<Key, String> ignored = reasons(after.ignored());
    return view.pools().entrySet().stream()
        .map(
            service -> {
              String name = service.getKey();
              Pool pool = service.getValue();
              List<InstanceStatus> instances = new ArrayList<>();
              pool.instances().forEach(one -> instances.add(status(name, one, notServed, ignored)));
              pool.refused().forEach(one -> instances.add(status(name, one, refused, ignored)));
              instances.sort(
                  Comparator.comparing(InstanceStatus::id).thenComparing(InstanceStatus::node));
              return new ServiceStatus(name, pool.answered(), instances, guards.get(name));
            })
        .toList();
  }

  private static InstanceStatus status(
      String service,
      ServiceInstance instance,
      Map<Key, String> refused,
      Map<Key, String> ignored) {
    Key key = new Key(service, instance.id(), instance.node());
    return new InstanceStatus(
        instance.id(),
        instance.node(),
        instance.address(),
        instance.port(),
        instance.weight(),
        refused.get(key),
        ignored.get(key));
  }

  private static Map<Key, String> reasons(List<InstanceProblem> refusals) {
    Map<Key, String> reasons = new HashMap<>();
    refusals.forEach(
        refusal ->
            reasons.merge(
                new Key(refusal.service(), refusal.instance(), refusal.node()),
                refusal.reason(),
                (one, other) -> one + "; " + other));
    return reasons;
  }
}
