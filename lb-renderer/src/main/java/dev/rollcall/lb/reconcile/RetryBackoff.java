package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between tries: anything up to a limit that doubles from one try to the next ("full
 * jitter"), from 500 ms to 30 s. Used by one thread.
 */
final class RetryBackoff {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(30);

  private final RandomGenerator random;
  private Duration limit = FIRST;

  RetryBackoff(RandomGenerator random) {
    this.random = random;
  }

  /** The pause before the next try. */
  Duration next() {
    Duration pause = Duration.ofMillis(random.nextLong(limit.toMillis() + 1));
    Duration doubled = limit.multipliedBy(2);
    limit = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    return pause;
  }

  /** After a success: the next failure is a first one again. */
  void reset() {
    limit = FIRST;
  }
}
