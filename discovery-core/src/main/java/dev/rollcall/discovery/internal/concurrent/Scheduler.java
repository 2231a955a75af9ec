package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;

/** Runs a short task later. Tasks must not block: they hand work to another thread. */
@FunctionalInterface
public interface Scheduler {

  /** Runs the task once, when the delay is over; never, if all is being stopped by then. */
  void schedule(Duration delay, Runnable task);
}
