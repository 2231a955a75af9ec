package dev.rollcall.lb.pipeline;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.catalog.CatalogView;
import dev.rollcall.lb.catalog.Pool;
import dev.rollcall.lb.status.ApplyStatus;
import dev.rollcall.lb.status.GuardStatus;
import dev.rollcall.lb.status.InstanceStatus;
import dev.rollcall.lb.status.ServiceStatus;
import dev.rollcall.lb.template.Refusal;
import dev.rollcall.lb.template.Rendering;
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
final class Reports {
  private static final double MILLIS_PER_SECOND = 1000.0;
  private static final double NANOS_PER_SECOND = 1e9;

  private record Key(String service, String id, String node) {}

  private Reports() {}

  static ApplyStatus of(Applied applied, Instant at, Duration took) {
    double seconds = seconds(took);
    if (applied instanceof Applied.NoChange) {
      return new ApplyStatus(at, "no-change", "HAProxy has it already", seconds, true);
    } else if (applied instanceof Applied.Changed changed) {
      // The file followed after the servers, and nobody waited for it.
      double served = changed.took().toNanos() / NANOS_PER_SECOND;
      return new ApplyStatus(at, "changed", changed.summary(), served, true);
    } else if (applied instanceof Applied.Reloaded reloaded) {
      return new ApplyStatus(at, "reloaded", reloaded.reason(), seconds, true);
    } else if (applied instanceof Applied.Written written) {
      return new ApplyStatus(at, "written", written.reason(), seconds, true);
    } else if (applied instanceof Applied.Waiting waiting) {
      return new ApplyStatus(at, "waiting", waiting.why(), seconds, false);
    } else if (applied instanceof Applied.Rejected rejected) {
      return new ApplyStatus(
          at,
          "rejected",
          rejected.candidate() == null
              ? rejected.message()
              : rejected.message() + " (kept in " + rejected.candidate() + ")",
          seconds,
          false);
    } else if (applied instanceof Applied.Failed failed) {
      return new ApplyStatus(at, "failed", failed.message(), seconds, false);
    }
    throw new IllegalStateException("unknown outcome " + applied);
  }

  static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS_PER_SECOND;
  }

  /** What was refused before the guard and after it, each instance once. */
  static List<Refusal> each(List<Refusal> before, List<Refusal> after) {
    Map<Key, Refusal> all = new LinkedHashMap<>();
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
      CatalogView view, List<Refusal> before, Rendering after, Map<String, GuardStatus> guards) {
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

  private static Map<Key, String> reasons(List<Refusal> refusals) {
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
