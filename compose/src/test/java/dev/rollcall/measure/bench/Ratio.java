package dev.rollcall.measure.bench;

import com.google.gson.annotations.SerializedName;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.commons.math3.random.RandomGenerator;
import org.apache.commons.math3.random.Well19937c;
import org.apache.commons.math3.stat.descriptive.rank.Median;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.jspecify.annotations.Nullable;

/**
 * What one thing takes by what another takes, both measured in turn in one run: the median of the
 * numerator by that of the denominator. Unlike a time it says little of the machine. Immutable.
 *
 * @param benchmark that measured both
 * @param lowerIsBetter whether the numerator is what we answer for
 * @param numerator the samples of each round, in any order
 * @param denominator those of the other, in the same unit
 */
record Ratio(
    String benchmark,
    @SerializedName("what") String name,
    boolean lowerIsBetter,
    List<Double> numerator,
    List<Double> denominator) {
  /** Of fewer rounds a bootstrap says little. */
  static final int FEWEST_ROUNDS = 10;

  private static final int RESAMPLES = 5_000;

  /** Percent of the resamples on each side of the interval: some fifty ratios are compared. */
  private static final double TAIL = 0.1;

  /** The same figures have the same interval each time. */
  private static final long SEED = 17;

  /** How it is since an earlier run. */
  enum Trend {
    BETTER,
    WORSE,
    /** What has moved may be noise. */
    SAME
  }

  /**
   * By how many times a ratio has changed.
   *
   * @param by the ratio now by that of before
   * @param low the lower end of the bootstrap interval of {@code by}, of 99.8 percent
   * @param high its upper end
   */
  record Change(double by, double low, double high, Trend trend) {}

  /** The median of the numerator by that of the denominator. */
  double value() {
    return median(array(numerator)) / median(array(denominator));
  }

  /** The unit of ratios, by which a table knows them. */
  static final String UNIT = "times";

  /** As a row of a table. */
  Figure figure() {
    return figure(benchmark, name, value());
  }

  /** A ratio of which no samples are kept, as a row of a table. */
  static Figure figure(String benchmark, String name, double value) {
    return Figure.once(
        benchmark, name, String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value), UNIT);
  }

  /**
   * How it has changed: rounds are drawn anew from those of both runs, with replacement, and what
   * nearly all draws agree upon is no noise. Empty if one of the two has too few rounds, or a
   * sample that is no positive number.
   */
  Optional<Change> since(Ratio earlier) {
    if (!isUsable() || !earlier.isUsable()) {
      return Optional.empty();
    }
    RandomGenerator random = new Well19937c(SEED);
    double[] changes =
        DoubleStream.generate(() -> drawn(random) / earlier.drawn(random))
            .limit(RESAMPLES)
            .toArray();
    Percentile percentile = new Percentile();
    percentile.setData(changes);
    double low = percentile.evaluate(TAIL);
    double high = percentile.evaluate(100 - TAIL);
    return Optional.of(new Change(value() / earlier.value(), low, high, trend(low, high)));
  }

  private Trend trend(double low, double high) {
    if (low > 1) {
      return lowerIsBetter ? Trend.WORSE : Trend.BETTER;
    }
    if (high < 1) {
      return lowerIsBetter ? Trend.BETTER : Trend.WORSE;
    }
    return Trend.SAME;
  }

  /** A file may have anything. */
  private boolean isUsable() {
    return Stream.of(numerator, denominator).allMatch(Ratio::isUsable);
  }

  private static boolean isUsable(@Nullable List<@Nullable Double> samples) {
    return samples != null
        && samples.size() >= FEWEST_ROUNDS
        && samples.stream()
            .allMatch(sample -> sample != null && sample > 0 && Double.isFinite(sample));
  }

  private double drawn(RandomGenerator random) {
    return median(drawn(random, numerator)) / median(drawn(random, denominator));
  }

  private static double[] drawn(RandomGenerator random, List<Double> samples) {
    double[] drawn = new double[samples.size()];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = samples.get(random.nextInt(drawn.length));
    }
    return drawn;
  }

  private static double[] array(List<Double> samples) {
    return samples.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double median(double[] samples) {
    return new Median().evaluate(samples);
  }
}
