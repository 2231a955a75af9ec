package dev.rollcall.lb.template;

import java.util.Collection;

/**
 * Brings the weights of a pool into HAProxy's range: Consul's go up to 65535, HAProxy's to 256
 * (configuration manual, 5.2 "weight"). The ratios are kept, as far as whole numbers can.
 * Immutable.
 *
 * @param highest the highest weight of the pool
 */
record WeightScale(int highest) {
  private static final int LIMIT = 256;

  /** The scale for a pool of these weights. */
  static WeightScale of(Collection<Integer> weights) {
    return new WeightScale(weights.stream().mapToInt(Integer::intValue).max().orElse(0));
  }

  /**
   * The weight to write for one of the pool: the same if none of the pool is above the limit. At
   * least 1 for one that is positive; 0 stays 0, which gives an instance no new traffic.
   */
  int scale(int weight) {
    return highest <= LIMIT || weight <= 0
        ? weight
        : (int) Math.max(1, Math.round((double) weight * LIMIT / highest));
  }
}
