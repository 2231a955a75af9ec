package dev.rollcall.discovery;

import java.time.Duration;
import java.util.List;

/**
 * How long the phases of {@link LeaveOnTerminate} may take, so that they take no longer together
 * than {@link LeaveOnTerminate.Builder#leaveTimeout} + {@link LeaveOnTerminate.Builder#drainLimit}
 * + {@link LeaveOnTerminate.Builder#stopTimeout}. What is mostly done at once, but may hang, takes
 * what the drain could spare: its limit beyond the quiet period. Immutable.
 */
record ShutdownTimeouts(
    Duration leaveTimeout, Duration quietPeriod, Duration drainLimit, Duration stopTimeout) {

  /** What each phase has in any case: enough for what is done at once. */
  static final Duration LEAST = Duration.ofMillis(50);

  /** How much later than the registrations' own bound a leave is given up. */
  private static final Duration LEAVE_SLACK = Duration.ofMillis(200);

  /** The longest that all of it takes, but for {@link #LEAST} of what comes when time is up. */
  Duration total() {
    return leaveTimeout.plus(drainLimit).plus(stopTimeout);
  }

  /**
   * How long something may take.
   *
   * @param passed since the first phase began
   * @param later the phases that are still to come
   */
  Duration other(Duration passed, List<ShutdownPhase> later) {
    return between(LEAST, stopTimeout, left(passed, later));
  }

  /** How long the drain may take at that moment. */
  Duration drain(Duration passed, List<ShutdownPhase> later) {
    return between(quiet(), drainLimit, left(passed, later));
  }

  Duration leave() {
    return leaveTimeout.plus(LEAVE_SLACK);
  }

  private Duration left(Duration passed, List<ShutdownPhase> later) {
    Duration left = total().minus(passed);
    for (ShutdownPhase step : later) {
      left = left.minus(reserved(step));
    }
    return left;
  }

  private Duration reserved(ShutdownPhase step) {
    return switch (step) {
      case LEAVE -> leaveTimeout;
      case DRAIN -> quiet();
      case STOP_SERVER -> stopTimeout;
      case NOT_READY, CLOSE -> Duration.ZERO;
    };
  }

  private Duration quiet() {
    return quietPeriod.compareTo(drainLimit) < 0 ? quietPeriod : drainLimit;
  }

  private static Duration between(Duration least, Duration most, Duration value) {
    Duration bounded = value.compareTo(most) > 0 ? most : value;
    return bounded.compareTo(least) < 0 ? least : bounded;
  }
}
