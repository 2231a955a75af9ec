package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A step that is taken again and again until it is closed, whatever is thrown. A listener may have
 * thrown it, or there may be no memory: neither is a reason to stop watching while everybody takes
 * the watch for alive.
 */
public final class RepeatingTask implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(RepeatingTask.class);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  /** After a failure of which not even the failure could be dealt with. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Clock clock;
  private final Supplier<Duration> step;
  private final Function<Throwable, Duration> failed;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean running = new AtomicBoolean();

  /**
   * A step that has not been taken yet.
   *
   * @param step takes it, and returns how long to wait before the next
   * @param failed told what it threw; returns the same
   */
  public RepeatingTask(Clock clock, Supplier<Duration> step, Function<Throwable, Duration> failed) {
    this.clock = clock;
    this.step = step;
    this.failed = failed;
  }

  /** Begins, on a thread of its own; later, if the machine has no room for one at the moment. */
  public void start(Threads threads) {
    start(threads, FIRST_PAUSE);
  }

  private void start(Threads threads, Duration pause) {
    if (isClosed()) {
      return;
    }
    try {
      threads.watch(this).start();
    } catch (OutOfMemoryError e) {
      if (pause.equals(FIRST_PAUSE)) {
        log.warn("No thread can be started to watch ({}); trying on", e.getMessage());
      }
      Duration next = Collections.min(List.of(pause.multipliedBy(2), LONGEST_PAUSE));
      threads.schedule(pause, () -> start(threads, next));
    }
  }

  @Override
  public void run() {
    // A virtual thread may run though its start has failed, and then there are two of them.
    if (!running.getAndSet(true)) {
      while (!isClosed()) {
        pause(take());
      }
    }
  }

  private Duration take() {
    try {
      return step.get();
    } catch (Throwable e) {
      return failed(e);
    }
  }

  private Duration failed(Throwable thrown) {
    try {
      return failed.apply(thrown);
    } catch (Throwable again) {
      return PAUSE;
    }
  }

  private void pause(Duration atMost) {
    try {
      clock.await(closed, atMost);
    } catch (InterruptedException e) {
      // Nobody here interrupts: a listener did. Closing is said by the latch.
    } catch (Throwable e) {
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
    }
  }

  public boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Ends it; a step that is being taken is the last one. From any thread; idempotent. */
  public void close() {
    closed.countDown();
  }
}
