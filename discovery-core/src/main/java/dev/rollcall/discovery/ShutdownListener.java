package dev.rollcall.discovery;

import java.time.Duration;

/**
 * Told of each phase of {@link LeaveOnTerminate}, for metrics and logs. Every method does nothing
 * by default.
 *
 * <p>Called by one thread, in the order of the phases, each of which waits for it: be quick. A call
 * that throws is logged. One that takes longer than {@link LeaveOnTerminate.Builder#stopTimeout},
 * or than there is time, is waited for no longer, and those after it neither until it has come
 * back.
 */
public interface ShutdownListener {

  /**
   * A phase is about to start.
   *
   * @param phase which
   */
  default void phaseStarted(ShutdownPhase phase) {}

  /**
   * A phase has ended; the next starts whatever came of it.
   *
   * @param phase which
   * @param outcome what came of it
   * @param took how long it took
   */
  default void phaseEnded(ShutdownPhase phase, ShutdownPhase.Outcome outcome, Duration took) {}
}
