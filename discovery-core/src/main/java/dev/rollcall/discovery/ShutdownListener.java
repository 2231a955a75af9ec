package dev.rollcall.discovery;

import java.time.Duration;

/**
 * Told of each step of {@link LeaveOnTerminate}, for metrics and logs. Every method does nothing by
 * default.
 *
 * <p>Called by one thread, in the order of the steps, each of which waits for it: be quick. A call
 * that throws is logged. One that takes longer than {@link LeaveOnTerminate.Builder#stopTimeout},
 * or than there is time, is waited for no longer, and those after it neither until it has come
 * back.
 */
public interface ShutdownListener {

  /**
   * A step is about to be taken.
   *
   * @param step which
   */
  default void phaseStarted(ShutdownPhase step) {}

  /**
   * A step is over, and the next is taken whatever came of it.
   *
   * @param step which
   * @param outcome what came of it
   * @param took how long it took
   */
  default void phaseEnded(ShutdownPhase step, ShutdownPhase.Outcome outcome, Duration took) {}
}
