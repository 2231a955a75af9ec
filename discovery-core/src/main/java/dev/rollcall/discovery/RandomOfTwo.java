package dev.rollcall.discovery;

import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Power of two choices, by weight and load. Immutable but for what it is given. */
final class RandomOfTwo implements LoadBalancer {

  private final ToIntFunction<ServiceInstance> load;
  private final LongUnaryOperator random;

  /**
   * One that compares instances by their load.
   *
   * @param random gives a number from zero up to its argument, which is not included; thread-safe
   */
  RandomOfTwo(ToIntFunction<ServiceInstance> load, LongUnaryOperator random) {
    this.load = load;
    this.random = random;
  }

  @Override
  public Optional<ServiceInstance> choose(List<ServiceInstance> instances) {
    int[] weights = RoundRobin.weights(instances);
    int first = draw(weights);
    if (first < 0) {
      return Optional.empty();
    }
    int firstWeight = weights[first];
    weights[first] = 0;
    int second = draw(weights);
    if (second < 0) {
      return Optional.of(instances.get(first));
    }
    // As if each had the call that is to come already: or an idle one would count as good as any.
    long firstLoad = (load.applyAsInt(instances.get(first)) + 1L) * weights[second];
    long secondLoad = (load.applyAsInt(instances.get(second)) + 1L) * firstWeight;
    return Optional.of(instances.get(firstLoad <= secondLoad ? first : second));
  }

  /** An index, in proportion to its weight; -1 if all weights are 0. */
  private int draw(int[] weights) {
    long sum = IntStream.of(weights).asLongStream().sum();
    if (sum == 0) {
      return -1;
    }
    long left = random.applyAsLong(sum);
    int index = 0;
    while (left >= weights[index]) {
      left -= weights[index];
      index++;
    }
    return index;
  }
}
