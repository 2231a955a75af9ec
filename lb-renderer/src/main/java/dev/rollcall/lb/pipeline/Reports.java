package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.catalog.CatalogView;
import dev.rollcall.lb.status.ApplyStatus;
import dev.rollcall.lb.status.GuardStatus;
import dev.rollcall.lb.status.InstanceStatus;
import dev.rollcall.lb.status.ServiceStatus;
import dev.rollcall.lb.template.Refusal;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  static List<ServiceStatus> of(
      CatalogView view, List<Refusal> refusals, Map<String, GuardStatus> guards) {
    Map<Key, String> reasons = new HashMap<>();
    refusals.forEach(
        refusal ->
            reasons.put(
                new Key(refusal.service(), refusal.instance(), refusal.node()), refusal.reason()));
    return view.pools().entrySet().stream()
        .map(
            pool ->
                new ServiceStatus(
                    pool.getKey(),
                    pool.getValue().answered(),
                    pool.getValue().instances().stream()
                        .map(
                            instance ->
                                new InstanceStatus(
                                    instance.id(),
                                    instance.node(),
                                    instance.address(),
                                    instance.port(),
                                    instance.weight(),
                                    reasons.get(
                                        new Key(pool.getKey(), instance.id(), instance.node()))))
                        .toList(),
                    guards.get(pool.getKey())))
        .toList();
  }
}
