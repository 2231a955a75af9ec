package dev.rollcall.discovery;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Smooth weighted round robin: each turn every instance is credited its weight, and the one with
 * the most credit is chosen and pays the sum of all weights. Thread-safe.
 */
final class RoundRobin implements LoadBalancer {

  /** An instance, whatever its weight and status are by now. */
  private record Key(String node, String id) {
    Key(ServiceInstance instance) {
      this(instance.node(), instance.id());
    }
  }

  private List<ServiceInstance> known = List.of();
  private int[] weights = {};
  private long[] credits = {};

  /** The weights, in the order of the instances; 1 each if all are 0. */
  static int[] weights(List<ServiceInstance> instances) {
    int[] weights = instances.stream().mapToInt(ServiceInstance::weight).toArray();
    boolean none = instances.stream().allMatch(each -> each.weight() == 0);
    return none ? instances.stream().mapToInt(each -> 1).toArray() : weights;
  }

  @Override
  public synchronized Optional<ServiceInstance> choose(List<ServiceInstance> instances) {
    if (!instances.equals(known)) {
      adopt(instances);
    }
    int chosen = -1;
    long sum = 0;
    for (int i = 0; i < weights.length; i++) {
      credits[i] += weights[i];
      sum += weights[i];
      if (weights[i] > 0 && (chosen < 0 || credits[i] > credits[chosen])) {
        chosen = i;
      }
    }
    if (chosen < 0) {
      return Optional.empty();
    }
    credits[chosen] -= sum;
    return Optional.of(known.get(chosen));
  }

  private void adopt(List<ServiceInstance> instances) {
    Map<Key, Long> before = new HashMap<>();
    for (int i = 0; i < credits.length; i++) {
      before.put(new Key(known.get(i)), credits[i]);
    }
    known = List.copyOf(instances);
    weights = weights(known);
    credits = known.stream().mapToLong(each -> before.getOrDefault(new Key(each), 0L)).toArray();
  }
}
