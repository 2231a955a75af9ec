package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.State;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorOverridesTest {

  private static final OperatorOverride DRAIN =
      new OperatorOverride(new ServerName("be", "a"), State.DRAIN, null, Duration.ofHours(1));

  private long nanos = Long.MAX_VALUE - 5;
  private final OperatorOverrides book = new OperatorOverrides(() -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private Duration age() {
    return book.status().get(0).age();
  }

  @Test
  void overrideIsNoOlderThanTheLastUpdateWithoutIt() {
    book.update(List.of());
    pass(Duration.ofSeconds(5));
    book.update(List.of(DRAIN));
    assertThat(age()).isEqualTo(Duration.ofSeconds(5));

    pass(Duration.ofSeconds(5));
    book.update(List.of(DRAIN));
    assertThat(age()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void overrideSeenAtTheFirstUpdateHasTheAgeThatHaproxyReports() {
    book.update(List.of(DRAIN));

    assertThat(age()).isEqualTo(Duration.ofHours(1));
  }
}
