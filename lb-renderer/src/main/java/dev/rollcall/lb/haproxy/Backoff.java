package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential back-off with jitter, so that many do not retry at once: the delay doubles with each
 * failure up to a maximum, less a random share. Immutable.
 *
 * @param first the full delay after the first failure
 * @param most the full delay ever
 * @param jitter how much of the full delay is random, from 0 to 1
 */
public record Backoff(Duration first, Duration most, double jitter) {
  private static final int MOST_DOUBLINGS = 30;

  /** Delays between half of the full delay and all of it. */
  public Backoff(Duration first, Duration most) {
    this(first, most, 0.5);
  }

  /**
   * How long to wait before the next attempt.
   *
   * @param failures so far in a row, from 1
   */
  public Duration delay(int failures, RandomGenerator random) {
    int doublings = Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS);
    long full = Math.min(first.toMillis() << doublings, most.toMillis());
    long spread = Math.round(full * jitter);
    return Duration.ofMillis(full - spread + random.nextLong(spread + 1));
  }
}
