package dev.rollcall.discovery.internal;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * What the state machines work with, besides Consul: real in the library, a test's own in its
 * tests.
 *
 * @param threads runs calls that may block, the most urgent {@link Turn} first
 * @param timer runs what is due later
 * @param clock tells the time
 * @param random spreads pauses
 * @param events tells the listener
 */
record Means(Executor threads, Timer timer, Clock clock, RandomGenerator random, Events events) {

  /** An executor of its own for tasks that must run one after the other. */
  SerialExecutor serial() {
    return new SerialExecutor(threads);
  }

  /** The interval, plus or minus a tenth, so that what many do in the same rhythm spreads. */
  Duration jittered(Duration interval) {
    long tenth = interval.toNanos() / 10;
    return interval.plusNanos(random.nextLong(-tenth, tenth + 1));
  }
}
