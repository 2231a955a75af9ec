package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The machine's monotonic clock. */
public enum SystemClock implements Clock {
  /** The only one. */
  SYSTEM;

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException {
    return latch.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
  }
}
