package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.haproxy.ChildHaproxy.RestartScheduler;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RestartSchedulerTest {

  private final AtomicInteger runs = new AtomicInteger();

  @Test
  void runsTaskAfterDelay() {
    try (RestartScheduler restarts =
        new RestartScheduler(new Backoff(Duration.ofMillis(1), Duration.ofMillis(1)))) {
      restarts.scheduleAfterFailure(runs::incrementAndGet);

      await().until(() -> runs.get() == 1);
    }
  }

  @Test
  void delayGrowsUntilReset() {
    try (RestartScheduler restarts =
        new RestartScheduler(new Backoff(Duration.ofHours(1), Duration.ofHours(24)))) {
      assertThat(restarts.scheduleAfterFailure(runs::incrementAndGet))
          .isLessThanOrEqualTo(Duration.ofHours(1));
      restarts.scheduleAfterFailure(runs::incrementAndGet);
      assertThat(restarts.scheduleAfterFailure(runs::incrementAndGet))
          .isGreaterThanOrEqualTo(Duration.ofHours(2));

      restarts.reset();

      assertThat(restarts.scheduleAfterFailure(runs::incrementAndGet))
          .isLessThanOrEqualTo(Duration.ofHours(1));
    }
  }

  @Test
  void schedulesNothingOnceClosed() {
    RestartScheduler restarts =
        new RestartScheduler(new Backoff(Duration.ofMillis(1), Duration.ofMillis(1)));
    restarts.close();

    assertThat(restarts.scheduleAfterFailure(runs::incrementAndGet)).isNotNull();
    assertThat(runs).hasValue(0);
  }
}
