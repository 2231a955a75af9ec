package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.haproxy.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** When to try again what failed. Used by one thread. */
final class RetryTimer {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(30), 1);

  private int failures;
  private @Nullable Duration due;

  /** After another failure. */
  void failed(Duration now, RandomGenerator random) {
    failures++;
    due = now.plus(BACKOFF.delay(failures, random));
  }

  /** After a success: the next failure is a first one again. */
  void reset() {
    failures = 0;
    due = null;
  }

  /** There is nothing to try again for now. */
  void cancel() {
    due = null;
  }

  /** When the next attempt is; null if there is none. */
  @Nullable Duration due() {
    return due;
  }

  /** Whether there is an attempt to come, and its time has not. */
  boolean isPending(Duration now) {
    return due != null && now.compareTo(due) < 0;
  }
}
