package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;

/**
 * The instances of one service that may get traffic. Immutable.
 *
 * @param answered whether Consul has ever answered for the service; if not, nothing is known and
 *     there are no instances
 * @param instances those that pass their checks, sorted by id, then node
 */
public record Pool(boolean answered, List<ServiceInstance> instances) {
  /** Copies the list. */
  public Pool {
    instances = List.copyOf(instances);
  }

  /** A pool of which nothing is known yet. */
  public static Pool unknown() {
    return new Pool(false, List.of());
  }

  /** A pool as Consul has it. */
  public static Pool of(List<ServiceInstance> instances) {
    return new Pool(true, instances);
  }
}
