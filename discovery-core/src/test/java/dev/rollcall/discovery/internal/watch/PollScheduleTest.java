package dev.rollcall.discovery.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PollScheduleTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  private final ManualTime time = new ManualTime();
  private final PollSchedule hearer = new PollSchedule(Optional.of("web"), time);

  private Duration waits() throws InterruptedException {
    long began = time.nanoTime();
    assertThat(hearer.await()).isTrue();
    return time.since(began);
  }

  private void asked() {
    hearer.asks(LONG);
    hearer.answered(true);
  }

  @Test
  void isAskedAtOnceAndThenAfterItsRest() throws InterruptedException {
    assertThat(waits()).isZero();
    asked();
    assertThat(waits()).isEqualTo(LONG);
  }

  @Test
  void isAskedAtOnceWhenItIsRung() throws InterruptedException {
    asked();
    time.schedule(Duration.ofSeconds(7), hearer::ring);
    assertThat(waits()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void aRingWhileItIsBeingAskedIsNotLost() throws InterruptedException {
    hearer.asks(LONG);
    hearer.ring();
    hearer.answered(true);
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).isEmpty();
    assertThat(waits()).isZero();
  }

  @Test
  void whatConcernsItPerhapsIsAskedForSomeTimeAfterTheLastQuestion() throws InterruptedException {
    asked();
    hearer.ringLater(Duration.ofSeconds(2), Duration.ofMillis(300));
    assertThat(waits()).isEqualTo(Duration.ofMillis(2300));
    asked();
    time.advance(Duration.ofSeconds(10));
    hearer.ringLater(Duration.ofSeconds(2), Duration.ofMillis(300));
    assertThat(waits()).isEqualTo(Duration.ofMillis(300));
  }

  @Test
  void whatWasLikelyOfAnotherHasTimeHoweverOftenButNotForEver() throws InterruptedException {
    asked();
    time.advance(Duration.ofSeconds(20));
    time.schedule(Duration.ofSeconds(30), hearer::close);
    for (int i = 0; i < 20; i++) {
      time.schedule(
          Duration.ofSeconds(i),
          () -> {
            hearer.ringPerhaps(Duration.ofSeconds(2), Duration.ofMillis(300));
            hearer.calm(Duration.ofSeconds(5), Duration.ofSeconds(4));
          });
    }
    assertThat(waits()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void whatIsCertainIsNotCalmed() throws InterruptedException {
    asked();
    time.advance(LONG.dividedBy(2));
    hearer.ringLater(Duration.ofSeconds(2), Duration.ofMillis(300));
    hearer.ringPerhaps(Duration.ofSeconds(2), Duration.ofMillis(900));
    hearer.calm(Duration.ofSeconds(5), Duration.ofSeconds(4));
    assertThat(waits()).isEqualTo(Duration.ofMillis(300));
  }

  @Test
  void isVouchedForWhileItHasNothingToAsk() {
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).as("it was never answered").isEmpty();
    asked();
    hearer.vouch(time.nanoTime());
    time.advance(Duration.ofSeconds(3));
    assertThat(hearer.vouched()).contains(Duration.ofSeconds(3));
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).contains(Duration.ZERO);

    hearer.ring();
    time.advance(Duration.ofSeconds(3));
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).as("since it was rung").contains(Duration.ofSeconds(3));
    hearer.asks(LONG);
    hearer.answered(false);
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).as("without an answer").contains(Duration.ofSeconds(3));
    asked();
    hearer.vouch(time.nanoTime());
    assertThat(hearer.vouched()).contains(Duration.ZERO);
  }

  @Test
  void closingEndsTheWait() throws InterruptedException {
    asked();
    time.schedule(Duration.ofSeconds(1), hearer::close);
    assertThat(hearer.await()).isFalse();
    assertThat(hearer.await()).isFalse();
  }
}
