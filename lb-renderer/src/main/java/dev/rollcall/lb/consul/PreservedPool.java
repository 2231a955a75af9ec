package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pool as it is served, and what the guard remembers of it. Immutable.
 *
 * @param seen what Consul said last
 * @param retained instances that Consul did not call passing and that are served all the same
 * @param acceptedLosses when an instance failed or was lost, and that was believed
 * @param nextDecision when some that are held may be let go, if nothing changes before
 */
public record PreservedPool(
    Pool seen,
    List<RetainedInstance> retained,
    Map<InstanceKey, Duration> acceptedLosses,
    Optional<Duration> nextDecision) {

  /** A pool of which nothing is known yet. */
  static final PreservedPool UNKNOWN = of(Pool.unknown());

  /** Copies the collections. */
  public PreservedPool {
    retained = List.copyOf(retained);
    acceptedLosses = Map.copyOf(acceptedLosses);
  }

  /** Whether there is nothing to compare with what Consul says. */
  boolean isUnknown() {
    return !seen.answered() && seen.instances().isEmpty();
  }

  /** A pool that is believed as it is. */
  static PreservedPool of(Pool seen) {
    return new PreservedPool(seen, List.of(), Map.of(), Optional.empty());
  }

  /** What is served. */
  Pool servedPool() {
    if (retained.isEmpty()) {
      return seen.withServed(seen.instances());
    }
    List<ServiceInstance> served = new ArrayList<>(seen.instances());
    retained.forEach(one -> served.add(one.instance()));
    served.sort(Comparator.comparing(InstanceKey::of));
    return seen.withServed(served);
  }
}
