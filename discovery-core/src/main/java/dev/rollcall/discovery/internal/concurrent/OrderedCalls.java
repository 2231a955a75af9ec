package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls somebody's code, one call after the other, on a daemon thread. Each call is waited for; but
 * while one takes longer than it may, those behind it are not. For one caller at a time.
 */
public final class OrderedCalls implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final String name;
  private final ExecutorService thread;
  private @Nullable FutureTask<?> late;

  /** What is called, in the words of the log. */
  public OrderedCalls(String name) {
    this.name = name;
    thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            DaemonThreadFactory.platform("rollcall-terminate-"));
  }

  /** Calls it, and returns when it has come back or time is up. An interrupt stays for later. */
  public void call(Duration atMost, Runnable call) {
    FutureTask<?> task = new FutureTask<>(() -> guarded(call), null);
    try {
      thread.execute(task);
    } catch (OutOfMemoryError e) {
      log.warn("Terminating: could not {}: no thread can be started", name);
      return;
    }
    if (late != null && !late.isDone()) {
      return;
    }
    late = isOver(task, atMost) ? null : task;
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      log.warn("Terminating: could not {}", name, e);
    }
  }

  private boolean isOver(FutureTask<?> task, Duration atMost) {
    long began = SystemClock.SYSTEM.nanoTime();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          long left = atMost.toNanos() - (SystemClock.SYSTEM.nanoTime() - began);
          task.get(Math.max(0, left), TimeUnit.NANOSECONDS);
          return true;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      return true;
    } catch (TimeoutException e) {
      log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** No more calls come; those that wait are made. */
  @Override
  public void close() {
    thread.shutdown();
  }
}
