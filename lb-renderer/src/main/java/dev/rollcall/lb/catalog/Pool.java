package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.stream.Stream;

/**
 * The instances of one service. Immutable.
 *
 * @param answered whether Consul has ever answered for the service; if not, nothing is known but
 *     perhaps the instances that an earlier run served
 * @param instances those that may get traffic, sorted by id, then node
 * @param failing those that are registered and whose checks don't allow it
 * @param maintenance those that somebody put into maintenance, or their node
 * @param interruptions how often the watch of the service was interrupted and then had something
 *     else to say than before: what is missing after an interruption may have been lost rather than
 *     have left
 */
public record Pool(
    boolean answered,
    List<ServiceInstance> instances,
    List<ServiceInstance> failing,
    List<ServiceInstance> maintenance,
    int interruptions) {
  private static final Pool UNKNOWN = new Pool(false, List.of(), List.of(), List.of(), 0);

  /** Copies the collections. */
  public Pool {
    instances = List.copyOf(instances);
    failing = List.copyOf(failing);
    maintenance = List.copyOf(maintenance);
  }

  /** A pool of which nothing is known yet. */
  public static Pool unknown() {
    return UNKNOWN;
  }

  /** A pool that an earlier run served, and of which Consul has not said anything yet. */
  static Pool remembered(List<ServiceInstance> served) {
    return new Pool(false, served, List.of(), List.of(), 0);
  }

  /** A pool of instances that may get traffic. */
  public static Pool of(List<ServiceInstance> served) {
    return new Pool(true, served, List.of(), List.of(), 0);
  }

  /**
   * A pool as Consul has it.
   *
   * @param registered all instances that are registered, in whatever health
   * @param worst those in this health or a better one may get traffic
   */
  public static Pool registered(
      List<ServiceInstance> registered, HealthStatus worst, int interruptions) {
    return new Pool(
        true,
        registered.stream().filter(one -> one.status().compareTo(worst) <= 0).toList(),
        registered.stream()
            .filter(one -> one.status().compareTo(worst) > 0 && !inMaintenance(one))
            .toList(),
        registered.stream().filter(Pool::inMaintenance).toList(),
        interruptions);
  }

  /** All that are registered, in no order. */
  Stream<ServiceInstance> all() {
    return Stream.of(instances, failing, maintenance).flatMap(List::stream);
  }

  private static boolean inMaintenance(ServiceInstance instance) {
    return instance.status() == HealthStatus.MAINTENANCE;
  }
}
