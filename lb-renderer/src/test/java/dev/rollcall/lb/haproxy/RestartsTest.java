package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RestartsTest {

  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void runsTheTaskAfterItsDelay() {
    try (Restarts restarts =
        new Restarts(new Backoff(Duration.ofMillis(1), Duration.ofMillis(1)))) {
      restarts.afterFailure(runs::incrementAndGet);

      await().until(() -> runs.get() == 1);
    }
  }

  @Test
  void waitsLongerAfterEachFailureUntilThingsAreSteady() {
    try (Restarts restarts = new Restarts(new Backoff(Duration.ofHours(1), Duration.ofHours(24)))) {
      assertThat(restarts.afterFailure(runs::incrementAndGet))
          .isLessThanOrEqualTo(Duration.ofHours(1));
      restarts.afterFailure(runs::incrementAndGet);
      assertThat(restarts.afterFailure(runs::incrementAndGet))
          .isGreaterThanOrEqualTo(Duration.ofHours(2));

      restarts.steady();

      assertThat(restarts.afterFailure(runs::incrementAndGet))
          .isLessThanOrEqualTo(Duration.ofHours(1));
    }
  }

  @Test
  void plansNothingOnceClosed() {
    Restarts restarts = new Restarts(new Backoff(Duration.ofMillis(1), Duration.ofMillis(1)));
    restarts.close();

    assertThat(restarts.afterFailure(runs::incrementAndGet)).isNotNull();
    assertThat(runs).hasValue(0);
  }
}
