package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.SerialExecutor;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the state machines work with, besides Consul: real in the library, a test's own in its
 * tests.
 *
 * @param threads runs calls that may block, the most urgent task of the highest priority first
 * @param scheduler runs what is due later
 * @param clock tells the time
 * @param random spreads pauses
 * @param listener tells the listener
 */
public record RuntimeContext(
    Executor threads,
    Scheduler scheduler,
    Clock clock,
    RandomGenerator random,
    SafeListener listener) {

  /** What runs a short task later. */
  @FunctionalInterface
  public interface Scheduler {
    /** As {@link Threads#schedule}. */
    void schedule(Duration delay, Runnable task);
  }

  /** An executor of its own for tasks that must run one after the other. */
  public SerialExecutor serial() {
    return new SerialExecutor(threads);
  }

  /** The interval, plus or minus a tenth, so that what many do in the same rhythm spreads. */
  public Duration jittered(Duration interval) {
    long tenth = interval.toNanos() / 10;
    return interval.plusNanos(random.nextLong(-tenth, tenth + 1));
  }
}
