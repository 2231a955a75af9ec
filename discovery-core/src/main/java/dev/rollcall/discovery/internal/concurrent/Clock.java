package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Time as the state machines see it, so that their tests need none. */
public interface Clock {

  /** Nanoseconds since some fixed moment; never goes backwards. */
  long nanoTime();

  /**
   * Waits until a latch opens or time is up.
   *
   * @return true if the latch is open
   */
  boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException;

  /** Time since an earlier {@link #nanoTime()}. */
  default Duration since(long nanos) {
    return Duration.ofNanos(nanoTime() - nanos);
  }
}
