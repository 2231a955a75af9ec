package dev.rollcall.lb.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetryBackoffTest {
  /** Always the longest pause that may be. */
  private static final RandomGenerator UNLUCKY =
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

  @Test
  void doublesItsLimitUpToHalfAMinute() {
    RetryBackoff backoff = new RetryBackoff(UNLUCKY);
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(500));
    assertThat(backoff.next()).isEqualTo(Duration.ofSeconds(1));
    for (int i = 0; i < 100; i++) {
      backoff.next();
    }
    assertThat(backoff.next()).isEqualTo(Duration.ofSeconds(30));
    backoff.reset();
    assertThat(backoff.next()).isEqualTo(Duration.ofMillis(500));
  }

  @Test
  void spreadsItsPausesOverTheWholeRange() {
    RetryBackoff backoff = new RetryBackoff(new java.util.Random(1));
    for (int i = 0; i < 10; i++) {
      backoff.next();
    }
    assertThat(java.util.stream.Stream.generate(backoff::next).limit(200))
        .anyMatch(pause -> pause.compareTo(Duration.ofSeconds(3)) < 0)
        .anyMatch(pause -> pause.compareTo(Duration.ofSeconds(27)) > 0)
        .allMatch(pause -> pause.compareTo(Duration.ofSeconds(30)) <= 0);
  }
}
