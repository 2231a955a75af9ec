package dev.rollcall.measure.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.HdrHistogram.Histogram;

/**
 * What was measured many times: values by what they are of, in the order in which these came. Used
 * by one thread.
 */
final class Samples {
  /** Histograms count whole numbers: millionths. */
  private static final double SCALE = 1e6;

  private static final int SIGNIFICANT_DIGITS = 5;

  private final Map<String, Histogram> histograms = new LinkedHashMap<>();
  private final Map<String, List<Double>> values = new HashMap<>();

  /** A value that is not negative. */
  void add(String name, double value) {
    histograms
        .computeIfAbsent(name, ignored -> new Histogram(SIGNIFICANT_DIGITS))
        .recordValue(Math.round(value * SCALE));
    values.computeIfAbsent(name, ignored -> new ArrayList<>()).add(value);
  }

  /**
   * Reads lines of name, value and kind with tabs between.
   *
   * @param kind the lines to take
   * @param words put in front of each name
   */
  static Samples read(Path file, String kind, String words) {
    Samples samples = new Samples();
    for (String[] line : lines(file)) {
      if (line[2].equals(kind)) {
        samples.add(words + line[0], Double.parseDouble(line[1]));
      }
    }
    return samples;
  }

  /** The lines of a file, split by tabs into name, value, and kind or unit. */
  static List<String[]> lines(Path file) {
    try {
      return Files.readAllLines(file).stream().map(line -> line.split("\t", 3)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names, in the order in which they came. */
  List<String> names() {
    return List.copyOf(histograms.keySet());
  }

  /** What has that name, in the order in which it came; empty if there is nothing. */
  List<Double> values(String name) {
    return List.copyOf(values.getOrDefault(name, List.of()));
  }

  /** The median of what has that name, 0 if there is nothing. */
  double median(String name) {
    Histogram histogram = histograms.get(name);
    return histogram == null ? 0 : percentile(histogram, 50);
  }

  /** The 99th percentile of what has that name, 0 if there is nothing. */
  double tail(String name) {
    Histogram histogram = histograms.get(name);
    return histogram == null ? 0 : percentile(histogram, 99);
  }

  /**
   * What one takes by what another takes; empty if one of the two was not measured, or is nothing
   * at the median.
   *
   * @param what the name of the ratio
   * @param lowerIsBetter whether the numerator is what we answer for
   */
  Optional<Ratio> ratio(
      String benchmark, String what, boolean lowerIsBetter, String numerator, String denominator) {
    return median(numerator) > 0 && median(denominator) > 0
        ? Optional.of(
            new Ratio(benchmark, what, lowerIsBetter, values(numerator), values(denominator)))
        : Optional.empty();
  }

  /** Medians with their noise, and 99th percentiles. */
  List<Figure> distributions(String benchmark, String unit) {
    List<Figure> figures = new ArrayList<>();
    histograms.forEach(
        (name, histogram) -> {
          figures.add(medianOf(benchmark, name, histogram, unit));
          figures.add(
              new Figure(
                  benchmark, name + ", p99", Figure.shown(percentile(histogram, 99)), unit, null));
        });
    return figures;
  }

  /** Medians with their noise, of the names that are wanted. */
  List<Figure> medians(String benchmark, String unit, Predicate<String> wanted) {
    return histograms.entrySet().stream()
        .filter(entry -> wanted.test(entry.getKey()))
        .map(entry -> medianOf(benchmark, entry.getKey(), entry.getValue(), unit))
        .toList();
  }

  private static Figure medianOf(String benchmark, String name, Histogram histogram, String unit) {
    double median = percentile(histogram, 50);
    double spread = percentile(histogram, 75) - percentile(histogram, 25);
    String noise = String.format(Locale.ROOT, "%.3f", median == 0 ? 0 : spread / median);
    return new Figure(
        benchmark,
        "%s, median of %d".formatted(name, histogram.getTotalCount()),
        Figure.shown(median),
        unit,
        new BigDecimal(noise));
  }

  /** The smallest value that so many percent do not exceed. */
  private static double percentile(Histogram histogram, double percent) {
    return histogram.lowestEquivalentValue(histogram.getValueAtPercentile(percent)) / SCALE;
  }
}
