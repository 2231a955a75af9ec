package dev.rollcall.measure;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/** Waiting for a time, or until something holds. Interruption ends the run. */
public final class Waiting {
  private static final Duration PAUSE = Duration.ofMillis(200);

  private Waiting() {}

  /** Waits so long. */
  public static void sleep(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Waits for the latch, whoever interrupts this thread. */
  static void uninterruptibly(CountDownLatch latch) {
    boolean interrupted = Thread.interrupted();
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks every 0.2 s until the condition holds; false if it does not within so many seconds. */
  public static boolean until(int seconds, BooleanSupplier condition) {
    return until(Duration.ofSeconds(seconds), PAUSE, condition);
  }

  /** Looks after each pause until the condition holds; false if it does not within the limit. */
  public static boolean until(Duration limit, Duration pause, BooleanSupplier condition) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      sleep(pause);
    }
    return true;
  }

  /** Looks twice a second for so many seconds; false as soon as the condition does not hold. */
  public static boolean stays(int seconds, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (System.nanoTime() < deadline) {
      if (!condition.getAsBoolean()) {
        return false;
      }
      sleep(Duration.ofMillis(500));
    }
    return true;
  }
}
