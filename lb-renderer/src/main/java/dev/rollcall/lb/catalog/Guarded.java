package dev.rollcall.lb.catalog;

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
 * @param held instances that Consul did not call passing and that are served all the same
 * @param losses when an instance failed or was lost, and that was believed
 * @param due when some that are held may be let go, if nothing changes before
 */
public record Guarded(
    Pool seen, List<Held> held, Map<InstanceKey, Duration> losses, Optional<Duration> due) {

  /** A pool of which nothing is known yet. */
  static final Guarded UNKNOWN = of(Pool.unknown());

  /** Copies the collections. */
  public Guarded {
    held = List.copyOf(held);
    losses = Map.copyOf(losses);
  }

  /** Whether there is nothing to compare with what Consul says. */
  boolean unknown() {
    return !seen.answered() && seen.instances().isEmpty();
  }

  /** A pool that is believed as it is. */
  static Guarded of(Pool seen) {
    return new Guarded(seen, List.of(), Map.of(), Optional.empty());
  }

  /** What is served. */
  Pool pool() {
    if (held.isEmpty()) {
      return seen.serving(seen.instances());
    }
    List<ServiceInstance> served = new ArrayList<>(seen.instances());
    held.forEach(one -> served.add(one.instance()));
    served.sort(Comparator.comparing(InstanceKey::of));
    return seen.serving(served);
  }
}
