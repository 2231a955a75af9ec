package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time as the state machines see it, so that their tests need none. */
public interface Clock {

  /** The machine's monotonic clock. */
  static Clock system() {
    return SystemClock.INSTANCE;
  }

  /** Nanoseconds since some fixed moment; never goes backwards. */
  long nanoTime();

  /**
   * Waits until a latch opens or time is up.
   *
   * @return true if the latch is open
   */
  boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException;

  /** As {@link #await}, but an interrupt does not shorten the wait; it is there afterwards. */
  default boolean awaitUninterruptibly(CountDownLatch latch, Duration atMost) {
    long began = nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return await(latch, atMost.minus(since(began)));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Time since an earlier {@link #nanoTime()}. */
  default Duration since(long nanos) {
    return Duration.ofNanos(nanoTime() - nanos);
  }

  /** The only one that looks at the machine's. */
  enum SystemClock implements Clock {
    INSTANCE;

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException {
      return latch.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }
  }
}
