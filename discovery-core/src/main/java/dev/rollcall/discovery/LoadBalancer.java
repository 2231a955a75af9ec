package dev.rollcall.discovery;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Chooses an instance for each call.
 *
 * <pre>{@code
 * LoadBalancer balancer =
 *     LoadBalancer.roundRobin().preferring(shop -> "eu-1".equals(shop.meta().get("zone")));
 * Optional<ServiceInstance> shop = balancer.choose(watch.instances());
 * }</pre>
 *
 * <p>Use one for each service. Those of this interface are thread-safe, never wait, and go by
 * {@link ServiceInstance#weight()}: an instance of weight 0 is chosen only if all have weight 0,
 * and then all count alike.
 */
@FunctionalInterface
public interface LoadBalancer {

  /**
   * Chooses an instance.
   *
   * @param instances those that there are at the moment, such as {@link Watch#instances()}
   * @return one of them; empty if there are none
   */
  Optional<ServiceInstance> choose(List<ServiceInstance> instances);

  /**
   * Takes turns: each instance is chosen in proportion to its weight, spread evenly over the turns.
   * When an instance joins or leaves, the others go on where they were.
   *
   * @return a new load balancer; begins with the first instance
   */
  static LoadBalancer roundRobin() {
    return new RoundRobin();
  }

  /**
   * Draws two instances at random, by weight, and takes the one that is less loaded for its weight.
   * So no instance that has become slow gets many calls, and many callers do not choose the same
   * instance at once.
   *
   * @param load what an instance has to do, zero or more, such as the calls to it that have begun
   *     and not ended; asked of two instances for each choice
   * @return a new load balancer
   */
  static LoadBalancer randomOfTwo(ToIntFunction<ServiceInstance> load) {
    return new RandomOfTwo(load, bound -> ThreadLocalRandom.current().nextLong(bound));
  }

  /**
   * The same, among the preferred instances as long as there is one, such as those of the caller's
   * own zone; otherwise among all.
   *
   * @param preferred whether an instance is preferred
   * @return a load balancer over this one
   */
  default LoadBalancer preferring(Predicate<ServiceInstance> preferred) {
    return instances -> {
      List<ServiceInstance> found = instances.stream().filter(preferred).toList();
      return choose(found.isEmpty() ? instances : found);
    };
  }
}
