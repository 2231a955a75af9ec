package dev.rollcall.lb.cli;

import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.reconcile.ReconcilerThread;
import dev.rollcall.lb.status.RuntimeStatus;
import dev.rollcall.lb.update.ConfigApplier;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Asks the stations how they are, in the status board's words. */
final class RuntimeStatusReader {
  private static final double MILLIS_PER_SECOND = 1000.0;

  private RuntimeStatusReader() {}

  /**
   * How they are.
   *
   * @param applier knows what HAProxy reads and would refuse now, and what operators ordered
   */
  static RuntimeStatus of(
      ReconcilerThread thread, Catalog catalog, Haproxy haproxy, ConfigApplier applier) {
    Optional<String> trouble = applier.warning();
    Map<String, RuntimeStatus.WatchAge> ages = new TreeMap<>();
    catalog
        .watchStatus()
        .forEach(
            (service, freshness) ->
                ages.put(
                    service,
                    new RuntimeStatus.WatchAge(
                        seconds(freshness.age()),
                        freshness.stale(),
                        freshness.failure().orElse(null),
                        freshness.leftOut())));
    HaproxyStatus seen = haproxy.status();
    return new RuntimeStatus(
        thread.isAlive(),
        ages,
        new RuntimeStatus.Haproxy(
            seen.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            seen.running(),
            seen.version(),
            seen.workerPid(),
            seconds(seen.uptime()),
            seen.reloads(),
            seen.oldWorkers(),
            seen.problem() == null
                ? trouble.map(RuntimeStatusReader::told).orElse(null)
                : seen.problem(),
            applier.operatorOverrides().stream()
                .map(
                    order ->
                        new RuntimeStatus.OperatorOrder(
                            order.server(), order.setting(), seconds(order.age())))
                .toList(),
            applier.failingNewServers()));
  }

  private static String told(String trouble) {
    return "it would not reload, nor start again: " + trouble.replaceAll("\\s*\\n\\s*", " | ");
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS_PER_SECOND;
  }
}
