package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeededDrawTest {
  private static int[] draws(int seed, int bound) {
    SeededDraw draw = new SeededDraw(seed);
    return IntStream.range(0, 12).map(i -> draw.next(bound)).toArray();
  }

  /** Whoever names a seed in a report must be able to draw the same a year later. */
  @Test
  void theSameSeedDrawsTheSameForEver() {
    assertThat(draws(7, 3)).containsExactly(1, 2, 1, 2, 0, 2, 0, 0, 1, 2, 1, 0);
    assertThat(draws(10, 24)).containsExactly(13, 10, 5, 22, 7, 19, 19, 3, 1, 21, 8, 6);
  }

  @Test
  void neighbouringSeedsDrawDifferently() {
    assertThat(draws(1, 24)).isNotEqualTo(draws(2, 24));
  }
}
