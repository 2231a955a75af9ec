package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts, for each service, the times that Consul went away, or back to an earlier state, and then
 * had something else to say. An instance that deregisters does so while Consul is there and goes
 * on; a Consul that lost its data was away before, and one that got older data back tells so by its
 * index. And knows why the last call failed. Thread-safe.
 */
public final class OutageCounter implements DiscoveryListener {
  private record Line(boolean broken, int counted, @Nullable String failure) {
    static final Line NONE = new Line(false, 0, null);
  }

  private final Map<String, Line> lines = new ConcurrentHashMap<>();

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    String why = failure.message();
    lines.compute(query.service(), (name, line) -> new Line(true, known(line).counted(), why));
  }

  @Override
  public void watchIndexWentBackwards(ServiceQuery query) {
    lines.compute(query.service(), (name, line) -> new Line(true, known(line).counted(), null));
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    // The library tells this before it hands out what changed.
    lines.computeIfPresent(
        query.service(),
        (service, line) ->
            line.broken() ? new Line(false, line.counted() + (changed ? 1 : 0), null) : line);
  }

  /** How many there were of a service until now. */
  int count(String service) {
    return known(lines.get(service)).counted();
  }

  /** Why the last call for a service brought no usable answer; empty if it did. */
  Optional<String> failure(String service) {
    return Optional.ofNullable(known(lines.get(service)).failure());
  }

  private static Line known(@Nullable Line line) {
    return line == null ? Line.NONE : line;
  }
}
