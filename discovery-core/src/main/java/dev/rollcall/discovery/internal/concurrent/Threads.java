package dev.rollcall.discovery.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.Executor;

/** What runs the tasks of one connection. Thread-safe. */
public interface Threads extends AutoCloseable {

  /**
   * Runs a task once, when the delay is over; never, if all is being stopped by then. It must not
   * block: it hands work to another thread.
   */
  void schedule(Duration delay, Runnable task);

  /**
   * Runs the calls to the agent for all registrations, the most urgent task of the highest priority
   * first. Takes every task, and runs it when there is a thread for it.
   */
  Executor control();

  /**
   * Runs what calls other people's code: one task for each listener that is being called. Takes
   * every task, and runs it when there is a thread for it.
   */
  Executor listeners();

  /** A thread for one watched query, not started. */
  Thread watch(Runnable loop);

  /**
   * Stops everything; what has not begun never does. Listeners that are being called may finish.
   */
  @Override
  void close();
}
