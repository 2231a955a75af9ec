package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

  private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));

  @ParameterizedTest
  @CsvSource({
    "1,500,1000",
    "2,1000,2000",
    "5,8000,16000",
    "6,15000,30000",
    "2000000000,15000,30000"
  })
  void doublesUpToTheMaximum(int failures, long least, long most) {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      assertThat(backoff.delay(failures, random).toMillis()).isBetween(least, most);
    }
  }

  @Test
  void hasJitter() {
    Random random = new Random(7);
    assertThat(backoff.delay(3, random)).isNotEqualTo(backoff.delay(3, random));
  }
}
