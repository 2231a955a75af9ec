package dev.rollcall.discovery.internal.concurrent;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs somebody's code for at most so long. Code that takes longer is left behind on its daemon
 * thread; code that throws is logged. An interrupt of the caller changes neither what is done nor
 * how long is waited for it, and is there afterwards.
 */
public final class BoundedCall {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration GLANCE = Duration.ofMillis(20);

  private BoundedCall() {}

  /** Runs a step that is done when it comes back; returns then, or when time is up. */
  public static Outcome run(String name, Duration atMost, AutoCloseable step) {
    return call(
        name,
        atMost,
        () -> {
          step.close();
          return Outcome.DONE;
        });
  }

  /** Runs a step that tells what came of it; returns when it is over or time is up. */
  public static Outcome call(String name, Duration atMost, Callable<Outcome> step) {
    long began = SystemClock.SYSTEM.nanoTime();
    FutureTask<Outcome> task = new FutureTask<>(step);
    if (!isStarted(task, atMost, began)) {
      log.warn("Terminating: could not {}: no thread can be started", name);
      return Outcome.FAILED;
    }
    return await(name, task, atMost, began);
  }

  /** There may be no room for a thread at the moment. */
  private static boolean isStarted(FutureTask<Outcome> task, Duration atMost, long began) {
    do {
      try {
        Thread thread = new Thread(task, "rollcall-terminate");
        thread.setDaemon(true);
        thread.start();
        return true;
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(GLANCE.toNanos());
      }
    } while (SystemClock.SYSTEM.nanoTime() - began < atMost.toNanos());
    return false;
  }

  private static Outcome await(String name, FutureTask<Outcome> task, Duration atMost, long began) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          long left = atMost.toNanos() - (SystemClock.SYSTEM.nanoTime() - began);
          return task.get(Math.max(0, left), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      log.warn("Terminating: could not {}", name, e.getCause());
      return Outcome.FAILED;
    } catch (TimeoutException e) {
      log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      return Outcome.TIMED_OUT;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
