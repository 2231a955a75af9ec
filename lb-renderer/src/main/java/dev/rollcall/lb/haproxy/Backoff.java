package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before the next attempt: twice as long each time up to a most, with jitter, so
 * that many do not come at once. Immutable.
 *
 * @param first before the first new attempt
 * @param most ever
 */
record Backoff(Duration first, Duration most) {

  private static final int MOST_DOUBLINGS = 30;

  /**
   * Between half of the full time and all of it.
   *
   * @param failures so far in a row, from 1
   */
  Duration delay(int failures, RandomGenerator random) {
    int doublings = Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
    long full = Math.min(first.toMillis() << doublings, most.toMillis());
    return Duration.ofMillis(full / 2 + random.nextLong(full / 2 + 1));
  }
}
