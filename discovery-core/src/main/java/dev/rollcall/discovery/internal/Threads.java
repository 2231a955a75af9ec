package dev.rollcall.discovery.internal;

import java.util.concurrent.Executor;

/** What runs the tasks of one connection. Thread-safe. */
public interface Threads extends Timer, AutoCloseable {

  /** Runs the calls to the agent for all registrations, the most urgent {@link Turn} first. */
  Executor control();

  /** Runs one task for each listener that is being called. */
  Executor listeners();

  /** A thread for one watched query, not started. */
  Thread watch(Runnable loop);

  /**
   * Stops everything; what has not begun never does. Listeners that are being called may finish.
   */
  @Override
  void close();
}
