package dev.rollcall.discovery;

import static dev.rollcall.discovery.ShutdownPhase.CLOSE;
import static dev.rollcall.discovery.ShutdownPhase.DRAIN;
import static dev.rollcall.discovery.ShutdownPhase.LEAVE;
import static dev.rollcall.discovery.ShutdownPhase.STOP_SERVER;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShutdownTimeoutsTest {

  private static final ShutdownTimeouts DEFAULTS = bounds(2, 2, 5, 2);

  private static ShutdownTimeouts bounds(int leave, int quiet, int drain, int stop) {
    return new ShutdownTimeouts(seconds(leave), seconds(quiet), seconds(drain), seconds(stop));
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1000));
  }

  @Test
  void whereNothingHangsEachPhaseHasItsOwnTimeout() {
    assertThat(DEFAULTS.total()).isEqualTo(seconds(9));
    assertThat(DEFAULTS.other(seconds(0), List.of(LEAVE, DRAIN, STOP_SERVER, CLOSE)))
        .isEqualTo(seconds(2));
    assertThat(DEFAULTS.drain(seconds(0), List.of(STOP_SERVER, CLOSE))).isEqualTo(seconds(5));
    assertThat(DEFAULTS.other(seconds(2), List.of())).isEqualTo(seconds(2));
  }

  /** Each takes all it may: what cannot be helped comes on top, of what is over at once. */
  @Test
  void whateverHangsTheShutdownTakesNoLongerThanTheSum() {
    for (ShutdownTimeouts bounds : List.of(DEFAULTS, bounds(2, 2, 2, 2), bounds(1, 3, 30, 6))) {
      Duration passed = bounds.other(Duration.ZERO, List.of(LEAVE, DRAIN, STOP_SERVER, CLOSE));
      passed = passed.plus(bounds.leave());
      passed = passed.plus(bounds.drain(passed, List.of(STOP_SERVER, CLOSE)));
      passed = passed.plus(bounds.stopTimeout());
      passed = passed.plus(bounds.other(passed, List.of()));
      passed = passed.plus(bounds.other(passed, List.of()));
      assertThat(passed).isLessThanOrEqualTo(bounds.total().plusMillis(500));
    }
  }

  @Test
  void whatHangsDoesNotCostTheQuietPeriod() {
    assertThat(bounds(2, 2, 3, 2).drain(seconds(6), List.of(STOP_SERVER))).isEqualTo(seconds(2));
    assertThat(bounds(2, 5, 3, 2).drain(seconds(6), List.of(STOP_SERVER)))
        .as("the limit wins")
        .isEqualTo(seconds(3));
  }
}
