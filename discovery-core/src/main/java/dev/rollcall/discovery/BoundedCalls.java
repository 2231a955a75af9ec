package dev.rollcall.discovery;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
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
  private final Clock clock;
  private @Nullable BoundedCall late;

  /** With the time that bounds the calls. */
  BoundedCalls(Clock clock) {
    this.clock = clock;
  }

  /** One call; logged with what it threw. */
  private static final class BoundedCall implements Runnable {
    private final String name;
    private final Callable<Outcome> call;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Outcome outcome = Outcome.FAILED;

    BoundedCall(String name, Callable<Outcome> call) {
      this.name = name;
      this.call = call;
    }

    @Override
    public void run() {
      try {
        outcome = call.call();
      } catch (Throwable e) {
        log.warn("Terminating: could not {}", name, e);
      } finally {
        over.countDown();
      }
    }

    Outcome await(Clock clock, long began, Duration atMost) {
      if (clock.awaitUninterruptibly(over, atMost.minus(clock.since(began)))) {
        return outcome;
      }
      log.warn("Terminating: to {} takes longer than {} ms; going on", name, atMost.toMillis());
      return Outcome.TIMED_OUT;
    }
  }

  /** Makes a call on a thread of its own; returns when it is over or time is up. */
  Outcome call(String name, Duration atMost, Callable<Outcome> call) {
    long began = clock.nanoTime();
    BoundedCall bounded = new BoundedCall(name, call);
    do {
      try {
        THREADS.newThread(bounded).start();
        return bounded.await(clock, began, atMost);
      } catch (OutOfMemoryError e) {
        // There may be room for a thread in a moment.
        LockSupport.parkNanos(RETRY.toNanos());
      }
    } while (clock.since(began).compareTo(atMost) < 0);
    log.warn("Terminating: could not {}: no thread can be started", name);
    return Outcome.FAILED;
  }

  /**
   * Makes a call after all those before it. While one takes longer than it may, those behind it are
   * not waited for.
   */
  void callInOrder(String name, Duration atMost, Runnable call) {
    BoundedCall bounded =
        new BoundedCall(
            name,
            () -> {
              call.run();
              return Outcome.DONE;
            });
    try {
      ordered.execute(bounded);
    } catch (OutOfMemoryError e) {
      log.warn("Terminating: could not {}: no thread can be started", name);
      return;
    }
    if (late == null || late.over.getCount() == 0) {
      late = bounded.await(clock, clock.nanoTime(), atMost) == Outcome.TIMED_OUT ? bounded : null;
    }
  }

  /** No more calls come; those that wait are made. */
  @Override
  public void close() {
    ordered.shutdown();
  }
}
