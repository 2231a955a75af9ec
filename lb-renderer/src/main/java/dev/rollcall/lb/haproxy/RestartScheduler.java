package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/** Runs one task after each failure, later each time until things went well again. Thread-safe. */
final class RestartScheduler implements AutoCloseable {

  private final Backoff backoff;
  private final AtomicInteger failures = new AtomicInteger();
  private final ScheduledThreadPoolExecutor executor =
      new ScheduledThreadPoolExecutor(
          1,
          task -> {
            Thread thread = new Thread(task, "haproxy-child");
            thread.setDaemon(true);
            return thread;
          },
          new ThreadPoolExecutor.DiscardPolicy());

  RestartScheduler(Backoff backoff) {
    this.backoff = backoff;
  }

  /**
   * Plans a task. After {@link #close} nothing happens.
   *
   * @return when it will run
   */
  Duration scheduleAfterFailure(Runnable task) {
    Duration delay = backoff.delay(failures.incrementAndGet(), RandomGenerator.getDefault());
    var unused = executor.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    return delay;
  }

  /** The next failure is a first one. */
  void reset() {
    failures.set(0);
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
