package dev.rollcall.lb.cli;

import dev.rollcall.lb.apply.Applier;
import dev.rollcall.lb.catalog.Catalog;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyStatus;
import dev.rollcall.lb.pipeline.PipelineThread;
import dev.rollcall.lb.status.Live;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Asks the stations how they are, in the status board's words. */
final class LiveState {
  private static final double MILLIS_PER_SECOND = 1000.0;

  private LiveState() {}

  /**
   * How they are.
   *
   * @param applier knows what HAProxy reads and would refuse now, and what operators ordered
   */
  static Live of(PipelineThread thread, Catalog catalog, Haproxy haproxy, Applier applier) {
    Optional<String> trouble = applier.trouble();
    Map<String, Live.Age> ages = new TreeMap<>();
    catalog
        .freshness()
        .forEach(
            (service, freshness) ->
                ages.put(
                    service,
                    new Live.Age(
                        seconds(freshness.age()),
                        freshness.stale(),
                        freshness.failure().orElse(null),
                        freshness.leftOut())));
    HaproxyStatus seen = haproxy.status();
    return new Live(
        thread.alive(),
        ages,
        new Live.HaproxyState(
            seen.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'),
            seen.running(),
            seen.version(),
            seen.workerPid(),
            seconds(seen.uptime()),
            seen.reloads(),
            seen.oldWorkers(),
            seen.problem() == null ? trouble.map(LiveState::told).orElse(null) : seen.problem(),
            applier.orders().stream()
                .map(order -> new Live.Order(order.server(), order.order(), seconds(order.age())))
                .toList(),
            applier.doubts()));
  }

  private static String told(String trouble) {
    return "it would not reload, nor start again: " + trouble.replaceAll("\\s*\\n\\s*", " | ");
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / MILLIS_PER_SECOND;
  }
}
