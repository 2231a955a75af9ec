package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts, for each service, the outages after which Consul's answer was another one: calls that
 * failed, or an index that went backwards, as after a restored snapshot. Without an outage between
 * two answers, an instance that is missing in the second one was deregistered. Also knows why the
 * last call failed. Thread-safe.
 */
public final class OutageCounter implements DiscoveryListener {
  private record Outages(boolean broken, int counted, @Nullable String failure) {
    static final Outages NONE = new Outages(false, 0, null);
  }

  private final Map<String, Outages> outages = new ConcurrentHashMap<>();

  @Override
  public void watchFailed(ServiceQuery query, ConsulFailure failure) {
    String why = failure.message();
    outages.compute(query.label(), (name, line) -> new Outages(true, known(line).counted(), why));
  }

  @Override
  public void watchIndexWentBackwards(ServiceQuery query) {
    outages.compute(query.label(), (name, line) -> new Outages(true, known(line).counted(), null));
  }

  @Override
  public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
    // The library calls this before it hands out what changed.
    outages.computeIfPresent(
        query.label(),
        (service, line) ->
            line.broken() ? new Outages(false, line.counted() + (changed ? 1 : 0), null) : line);
  }

  /** Forgets services that are not watched any more, unless they are among those given. */
  void forgetAllBut(Set<String> services) {
    outages.keySet().retainAll(services);
  }

  /** The number of outages of a service until now. */
  int count(String service) {
    return known(outages.get(service)).counted();
  }

  /** Why the last call for a service brought no usable answer; empty if it did. */
  Optional<String> failure(String service) {
    return Optional.ofNullable(known(outages.get(service)).failure());
  }

  private static Outages known(@Nullable Outages line) {
    return line == null ? Outages.NONE : line;
  }
}
