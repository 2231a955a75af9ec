package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts, for each service, the times that Consul went away, or back to an earlier state, and then
 * had something else to say. An instance that deregisters does so while Consul is there and goes
 * on; a Consul that lost its data was away before, and one that got older data back tells so by its
 * index. Thread-safe.
 */
public final class Interruptions implements DiscoveryListener {
  private record Line(boolean broken, int counted) {}

  private final Map<String, Line> lines = new ConcurrentHashMap<>();

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    breaks(query.service());
  }

  @Override
  public void watchWentBack(ServiceQuery query) {
    breaks(query.service());
  }

  private void breaks(String service) {
    lines.compute(service, (name, line) -> new Line(true, counted(line)));
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    // The library tells this before it hands out what changed.
    lines.computeIfPresent(
        query.service(),
        (service, line) ->
            line.broken() ? new Line(false, line.counted() + (changed ? 1 : 0)) : line);
  }

  /** How many there were of a service until now. */
  int of(String service) {
    return counted(lines.get(service));
  }

  private static int counted(@Nullable Line line) {
    return line == null ? 0 : line.counted();
  }
}
