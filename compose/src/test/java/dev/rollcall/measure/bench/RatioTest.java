package dev.rollcall.measure.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RatioTest {
  private static final int ROUNDS = 40;

  /** So many samples around a median, each up to that share of it away. */
  private static List<Double> samples(double median, double spread, int count, long seed) {
    Random random = new Random(seed);
    List<Double> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      samples.add(median * (1 + spread * (2 * random.nextDouble() - 1)));
    }
    return samples;
  }

  private static Ratio ratio(boolean lowerIsBetter, double value, double spread, long seed) {
    return new Ratio(
        "join",
        "a by b",
        lowerIsBetter,
        samples(10 * value, spread, ROUNDS, seed),
        samples(10, spread, ROUNDS, seed + 1));
  }

  @Test
  void itIsTheMedianByTheMedian() {
    assertThat(
            new Ratio("join", "a by b", true, List.of(1.0, 100.0, 4.0), List.of(2.0, 2.0)).value())
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "true, 2.0, 2.6, WORSE",
    "true, 2.6, 2.0, BETTER",
    "false, 2.0, 2.6, BETTER",
    "false, 2.6, 2.0, WORSE"
  })
  void aChangeThatNearlyAllDrawsAgreeUponIsTold(
      boolean lowerIsBetter, double before, double now, Ratio.Trend trend) {
    assertThat(ratio(lowerIsBetter, now, 0.2, 1).since(ratio(lowerIsBetter, before, 0.2, 5)))
        .hasValueSatisfying(
            change -> {
              assertThat(change.trend()).isEqualTo(trend);
              assertThat(change.by()).isCloseTo(now / before, within(0.15));
              assertThat(change.by()).isBetween(change.low(), change.high());
            });
  }

  @Test
  void theSameChangeIsNoiseWhereTheRoundsDiffer() {
    assertThat(ratio(true, 2.6, 0.9, 1).since(ratio(true, 2.0, 0.9, 5)))
        .hasValueSatisfying(change -> assertThat(change.trend()).isEqualTo(Ratio.Trend.SAME));
  }

  /** Two runs of the same thing, fifty times: a comparison of them must not cry wolf. */
  @Test
  void whatHasNotChangedIsTheSame() {
    for (int run = 0; run < 50; run++) {
      assertThat(ratio(true, 2, 0.3, 100 + 10L * run).since(ratio(true, 2, 0.3, 105 + 10L * run)))
          .hasValueSatisfying(change -> assertThat(change.trend()).isEqualTo(Ratio.Trend.SAME));
    }
  }

  @Test
  void theSameSamplesHaveTheSameIntervalEachTime() {
    Ratio now = ratio(true, 2.1, 0.3, 1);
    Ratio before = ratio(true, 2, 0.3, 5);

    assertThat(now.since(before)).isEqualTo(now.since(before));
  }

  @Test
  void fewRoundsAndSamplesThatAreNoTimesAreNotJudged() {
    Ratio good = ratio(true, 2, 0.1, 1);
    List<Double> ten = samples(10, 0.1, Ratio.FEWEST_ROUNDS, 1);

    assertThat(new Ratio("join", "a by b", true, ten, ten).since(good)).isPresent();
    assertThat(new Ratio("join", "a by b", true, ten.subList(1, 10), ten).since(good)).isEmpty();
    List<Double> withZero = new ArrayList<>(ten);
    withZero.set(3, 0.0);
    assertThat(good.since(new Ratio("join", "a by b", true, ten, withZero))).isEmpty();
  }
}
