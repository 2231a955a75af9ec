package dev.rollcall.lb.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerOrder;
import dev.rollcall.lb.runtime.ServerStep.State;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class OrderBookTest {

  private static final ServerOrder DRAIN =
      new ServerOrder(new ServerName("be", "a"), State.DRAIN, null, Duration.ofHours(1));

  private long nanos = Long.MAX_VALUE - 5;
  private final OrderBook book = new OrderBook(() -> nanos);

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private Duration age() {
    return book.standing().get(0).age();
  }

  @Test
  void anOrderIsNoOlderThanTheLastLookWithoutIt() {
    book.note(List.of());
    pass(Duration.ofSeconds(5));
    book.note(List.of(DRAIN));
    assertThat(age()).isEqualTo(Duration.ofSeconds(5));

    pass(Duration.ofSeconds(5));
    book.note(List.of(DRAIN));
    assertThat(age()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void oneThatStandsAtTheFirstLookIsAsOldAsHaproxySays() {
    book.note(List.of(DRAIN));

    assertThat(age()).isEqualTo(Duration.ofHours(1));
  }
}
