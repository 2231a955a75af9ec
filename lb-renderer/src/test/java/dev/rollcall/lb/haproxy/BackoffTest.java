package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration MOST = Duration.ofSeconds(30);

  /** Always the longest delay that may be. */
  private static final RandomGenerator LONGEST =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public long nextLong(long bound) {
          return bound - 1;
        }
      };

  private final Backoff backoff = new Backoff(Duration.ofSeconds(1), MOST);

  @ParameterizedTest
  @CsvSource({
    "1,500,1000",
    "2,1000,2000",
    "5,8000,16000",
    "6,15000,30000",
    "2000000000,15000,30000"
  })
  void doublesUpToItsMost(int failures, long least, long most) {
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

  @Test
  void delaysDoubleUpToTheMaximum() {
    Backoff backoff = new Backoff(FIRST, MOST, 1);
    assertThat(backoff.delay(1, LONGEST)).isEqualTo(FIRST);
    assertThat(backoff.delay(2, LONGEST)).isEqualTo(Duration.ofSeconds(1));
    assertThat(backoff.delay(100, LONGEST)).isEqualTo(MOST);
    assertThat(backoff.delay(Integer.MAX_VALUE, LONGEST)).isEqualTo(MOST);
  }

  @Test
  void fullJitterSpreadsDelaysOverTheWholeRange() {
    Backoff backoff = new Backoff(FIRST, MOST, 1);
    Random random = new Random(1);
    assertThat(Stream.generate(() -> backoff.delay(10, random)).limit(200))
        .anyMatch(delay -> delay.compareTo(Duration.ofSeconds(3)) < 0)
        .anyMatch(delay -> delay.compareTo(Duration.ofSeconds(27)) > 0)
        .allMatch(delay -> delay.compareTo(MOST) <= 0);
  }
}
