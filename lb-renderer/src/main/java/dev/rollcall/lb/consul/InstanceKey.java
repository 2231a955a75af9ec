package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import java.util.Comparator;

/**
 * What tells an instance of a service from the others. Immutable; sorted by id, then node.
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
