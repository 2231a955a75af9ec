package dev.rollcall.discovery;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import dev.rollcall.discovery.internal.concurrent.Uninterruptibles;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the application's code during a shutdown, for at most so long each. A call that takes
 * longer goes on, on its daemon thread; one that throws is logged. An interrupt of the caller
 * changes neither what is called nor how long is waited for it, and is there afterwards. For one
 * caller at a time.
 */
final class BoundedCalls implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(BoundedCalls.class);
  private static final ThreadFactory THREADS = DaemonThreads.platformFactory("rollcall-terminate-");
  private static final Duration RETRY = Duration.ofMillis(20);

  private final ThreadPoolExecutor ordered =
      new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), THREADS);
  private @Nullable FutureTask<Outcome> late;

  /** Makes a call on a thread of its own; returns when it is over or time is up. */
  static Outcome call(String name, Duration atMost, Callable<Outcome> call) {
    long began = Clock.system().nanoTime();
    FutureTask<Outcome> task = new FutureTask<>(call);
    do {
      try {
        THREADS.newThread(task).start();
        return await(name, task, atMost, began);
      } catch (OutOfMemoryError e) {
        // There may be room for a thread in a moment.
        LockSupport.parkNanos(RETRY.toNanos());
      }
    } while (Clock.system().since(began).compareTo(atMost) < 0);
    log.warn("Terminating: could not {}: no thread can be started", name);
    return Outcome.FAILED;
  }

  /**
   * Makes a call after all those before it. While one takes longer than it may, those behind it are
   * not waited for.
   */
  void callInOrder(String name, Duration atMost, Runnable call) {
    FutureTask<Outcome> task = new FutureTask<>(() -> guarded(name, call), Outcome.DONE);
    try {
      ordered.execute(task);
    } catch (OutOfMemoryError e) {
      log.warn("Terminating: could not {}: no thread can be started", name);
      return;
    }
    if (late == null || late.isDone()) {
      late =
          await(name, task, atMost, Clock.system().nanoTime()) == Outcome.TIMED_OUT ? task : null;
    }
  }

  private static void guarded(String name, Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      log.warn("Terminating: could not {}", name, e);
    }
  }

  private static Outcome await(String name, FutureTask<Outcome> task, Duration atMost, long began) {
    try {
      return Uninterruptibles.get(task, atMost.minus(Clock.system().since(began)));
    } catch (ExecutionException e) {
      log.warn("Terminating: could not {}", name, e.getCause());
      return Outcome.FAILED;
    } catch (TimeoutException e) {
      log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      return Outcome.TIMED_OUT;
    }
  }

  /** No more calls come; those that wait are made. */
  @Override
  public void close() {
    ordered.shutdown();
  }
}
