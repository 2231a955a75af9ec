package dev.rollcall.lb.consul;

import java.time.Duration;

/**
 * How the pool of one service is guarded. Immutable.
 *
 * @param shrink the percentage of a pool that may be lost within the grace time and is believed at
 *     once, 0 to 100
 * @param grace how long a greater loss is not believed; zero guards nothing
 * @param minServers what a pool is to have at least; 0 lets it become empty
 * @param policy what becomes of a pool that has less after the grace time
 */
public record GuardRule(int shrink, Duration grace, int minServers, GuardPolicy policy) {
  /** Whether so many lost are more than is believed at once. */
  boolean isTooLarge(int lost, int of) {
    return lost * 100L > (long) shrink * of;
  }
}
