package dev.rollcall.discovery.internal.concurrent;

import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ShutdownPhase.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits until the load balancers have stopped sending requests, but not for ever. Thread-safe. */
public final class Drain {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");
  private static final Duration GLANCE = Duration.ofMillis(20);

  private final @Nullable RequestTracker traffic;
  private final Duration quietPeriod;
  private final Clock clock;
  private final CountDownLatch cutShort = new CountDownLatch(1);

  /**
   * A drain that has not begun.
   *
   * @param traffic who knows of requests; null takes the whole quiet period without looking
   */
  public Drain(@Nullable RequestTracker traffic, Duration quietPeriod, Clock clock) {
    this.traffic = traffic;
    this.quietPeriod = quietPeriod;
    this.clock = clock;
  }

  /** Ends the wait, now or as soon as it begins. */
  public void cutShort() {
    cutShort.countDown();
  }

  /**
   * Returns when it has been quiet for long enough, or the limit is reached, or it is cut short,
   * and tells which. An interrupt changes none of that, and is there afterwards.
   */
  public Outcome run(Duration limit) {
    long began = clock.nanoTime();
    boolean interrupted = false;
    try {
      while (quietSince(began).compareTo(quietPeriod) < 0) {
        Duration left = limit.minus(clock.since(began));
        if (left.isNegative() || left.isZero()) {
          log.warn(
              "Not quiet within {} ms ({} requests in flight): stopping all the same",
              limit.toMillis(),
              traffic == null ? 0 : traffic.inFlight());
          return Outcome.TIMED_OUT;
        }
        try {
          if (clock.await(cutShort, shorter(left, GLANCE))) {
            log.info("Told to stop now: not waiting for quiet");
            return Outcome.CUT_SHORT;
          }
        } catch (InterruptedException e) {
          // Whoever stops the process may interrupt its threads: requests come all the same.
          interrupted = true;
        }
      }
      log.info("No request for {} ms: stopping", quietPeriod.toMillis());
      return Outcome.DONE;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Quiet counts from the leave on: only then do load balancers begin to look elsewhere. */
  private Duration quietSince(long began) {
    Duration drained = clock.since(began);
    return traffic == null ? drained : shorter(drained, traffic.quietFor());
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
