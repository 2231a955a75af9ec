package dev.rollcall.lb.consul;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The instances of one service. Immutable.
 *
 * @param answered whether Consul has ever answered for the service; if not, nothing is known but
 *     perhaps the instances that an earlier run served
 * @param instances those that may get traffic, sorted by id, then node
 * @param failing those that are registered and whose checks don't allow it
 * @param maintenance those that somebody put into maintenance, or their node
 * @param refused those that the template would leave out, as a value of theirs could leave its
 *     place
 * @param outages as {@link OutageCounter} counts them: what is missing after one more may have been
 *     lost rather than have left
 */
public record Pool(
    boolean answered,
    List<ServiceInstance> instances,
    List<ServiceInstance> failing,
    List<ServiceInstance> maintenance,
    List<ServiceInstance> refused,
    int outages) {
  private static final Pool UNKNOWN = only(false, List.of());

  /** Copies the collections. */
  public Pool {
    instances = List.copyOf(instances);
    failing = List.copyOf(failing);
    maintenance = List.copyOf(maintenance);
    refused = List.copyOf(refused);
  }

  /** A pool of which nothing is known yet. */
  public static Pool unknown() {
    return UNKNOWN;
  }

  /** A pool that an earlier run served, and of which Consul has not said anything yet. */
  static Pool fromEarlierRun(List<ServiceInstance> served) {
    return only(false, served);
  }

  /** A pool of instances that may get traffic. */
  public static Pool of(List<ServiceInstance> served) {
    return only(true, served);
  }

  /**
   * A pool as Consul has it.
   *
   * @param registered all instances that are registered, in whatever health
   * @param worst those in this health or a better one may get traffic
   */
  public static Pool fromConsul(List<ServiceInstance> registered, HealthStatus worst, int outages) {
    return new Pool(
        true,
        registered.stream().filter(one -> one.status().compareTo(worst) <= 0).toList(),
        registered.stream()
            .filter(one -> one.status().compareTo(worst) > 0 && !inMaintenance(one))
            .toList(),
        registered.stream().filter(Pool::inMaintenance).toList(),
        List.of(),
        outages);
  }

  private static Pool only(boolean answered, List<ServiceInstance> instances) {
    return new Pool(answered, instances, List.of(), List.of(), List.of(), 0);
  }

  /** The same where some of the instances that may get traffic cannot be served. */
  Pool withRefused(Set<InstanceKey> keys) {
    Map<Boolean, List<ServiceInstance>> parts =
        instances.stream()
            .collect(Collectors.partitioningBy(one -> keys.contains(InstanceKey.of(one))));
    return new Pool(
        answered,
        parts.getOrDefault(false, List.of()),
        failing,
        maintenance,
        parts.getOrDefault(true, List.of()),
        outages);
  }

  /** The same reduced to what is served, and to the refused instances that are not. */
  Pool withServed(List<ServiceInstance> served) {
    return new Pool(answered, served, List.of(), List.of(), refusedBut(served), 0);
  }

  private List<ServiceInstance> refusedBut(List<ServiceInstance> served) {
    if (refused.isEmpty()) {
      return refused;
    }
    Set<InstanceKey> keys = served.stream().map(InstanceKey::of).collect(Collectors.toSet());
    return refused.stream().filter(one -> !keys.contains(InstanceKey.of(one))).toList();
  }

  /** All that are registered, in no order. */
  public List<ServiceInstance> registeredInstances() {
    return Stream.of(instances, failing, maintenance, refused).flatMap(List::stream).toList();
  }

  private static boolean inMaintenance(ServiceInstance instance) {
    return instance.status() == HealthStatus.MAINTENANCE;
  }

  /**
   * What identifies an instance of a service. Immutable; sorted by id, then node.
   *
   * @param id its id, unique on its node
   * @param node the node it is registered on
   */
  public record InstanceKey(String id, String node) implements Comparable<InstanceKey> {
    private static final Comparator<InstanceKey> ORDER =
        Comparator.comparing(InstanceKey::id).thenComparing(InstanceKey::node);

    /** The key of an instance. */
    public static InstanceKey of(ServiceInstance instance) {
      return new InstanceKey(instance.id(), instance.node());
    }

    @Override
    public int compareTo(InstanceKey other) {
      return ORDER.compare(this, other);
    }
  }
}
