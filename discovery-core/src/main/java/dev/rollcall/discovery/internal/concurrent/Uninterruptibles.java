package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits that an interrupt does not shorten; it is there afterwards. */
public final class Uninterruptibles {

  private Uninterruptibles() {}

  /** As {@link Future#get(long, TimeUnit)}. */
  public static <T> T get(Future<T> future, Duration atMost)
      throws ExecutionException, TimeoutException {
    long began = Clock.system().nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          long left = atMost.minus(Clock.system().since(began)).toNanos();
          return future.get(Math.max(0, left), TimeUnit.NANOSECONDS);
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
}
