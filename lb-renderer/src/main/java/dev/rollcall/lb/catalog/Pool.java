package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The instances of one service that may get traffic. Immutable.
 *
 * @param answered whether Consul has ever answered for the service; if not, nothing is known and
 *     there are no instances
 * @param instances those that pass their checks, sorted by id, then node
 * @param failing those that are registered and don't pass
 * @param interruptions how often the watch of the service was interrupted and then had something
 *     else to say than before: what is missing after an interruption may have been lost rather than
 *     have left
 */
public record Pool(
    boolean answered,
    List<ServiceInstance> instances,
    Set<InstanceKey> failing,
    int interruptions) {
  /** Copies the collections. */
  public Pool {
    instances = List.copyOf(instances);
    failing = Set.copyOf(failing);
  }

  /** A pool of which nothing is known yet. */
  public static Pool unknown() {
    return new Pool(false, List.of(), Set.of(), 0);
  }

  /** A pool of instances that pass. */
  public static Pool of(List<ServiceInstance> passing) {
    return new Pool(true, passing, Set.of(), 0);
  }

  /** A pool as Consul has it: all instances that are registered, in whatever health. */
  public static Pool registered(List<ServiceInstance> instances, int interruptions) {
    return new Pool(
        true,
        instances.stream().filter(Pool::passes).toList(),
        instances.stream()
            .filter(instance -> !passes(instance))
            .map(InstanceKey::of)
            .collect(Collectors.toSet()),
        interruptions);
  }

  private static boolean passes(ServiceInstance instance) {
    return instance.status() == HealthStatus.PASSING;
  }
}
