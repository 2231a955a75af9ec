package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Growing pauses between tries, with full jitter: each is anything between zero and a ceiling that
 * doubles, so that many who failed together don't come back together. Not thread-safe.
 */
public final class Backoff {

  private static final Duration FIRST = Duration.ofMillis(250);

  private final Duration longest;
  private final RandomGenerator random;
  private Duration ceiling = FIRST;

  public Backoff(Duration longest, RandomGenerator random) {
    this.longest = longest;
    this.random = random;
  }

  /** The pause before the next try. */
  public Duration next() {
    Duration bound = ceiling.compareTo(longest) < 0 ? ceiling : longest;
    ceiling = bound.multipliedBy(2);
    return Duration.ofNanos(random.nextLong(bound.toNanos() + 1));
  }

  /** The same, after a time that was asked for. */
  public Duration next(Duration askedFor) {
    return askedFor.plus(next());
  }

  /** A try succeeded: begin anew. */
  public void reset() {
    ceiling = FIRST;
  }
}
