package dev.rollcall.measure.bench;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.rollcall.measure.Machine;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All figures of a run, as {@code results.json} has them. Immutable.
 *
 * @param machine what they were measured on
 * @param commit of the sources
 * @param ratios with the samples of each round; null in the file of an older version
 */
record Results(String machine, String commit, List<Figure> figures, @Nullable List<Ratio> ratios) {
  /** Of a figure that tells none: what moves by more than this has moved. */
  private static final BigDecimal UNKNOWN_NOISE = new BigDecimal("0.1");

  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.IDENTITY)
          .disableHtmlEscaping()
          .create();

  /**
   * Reads what {@link #write} has written.
   *
   * @throws IOException if the file is none
   */
  static Results read(Path file) throws IOException {
    try {
      Results results = GSON.fromJson(Files.readString(file), Results.class);
      if (results == null || results.figures == null || results.figures.isEmpty()) {
        throw new IOException(file + " has no figures");
      }
      return results;
    } catch (JsonParseException e) {
      throw new IOException(file + " is no JSON", e);
    }
  }

  /** One figure a line, and one ratio. */
  void write(Path file) throws IOException {
    Files.writeString(
        file,
        "{\"machine\": %s, \"commit\": %s, \"figures\": [%s\n], \"ratios\": [%s\n]}\n"
            .formatted(
                GSON.toJson(machine), GSON.toJson(commit), lines(figures), lines(ratiosOrNone())),
        StandardCharsets.UTF_8);
  }

  private static String lines(List<?> elements) {
    return elements.stream()
        .map(element -> "\n  " + GSON.toJson(element))
        .collect(Collectors.joining(","));
  }

  private List<Ratio> ratiosOrNone() {
    return ratios == null ? List.of() : ratios;
  }

  /** Whether they are of this commit, without changes that it does not have, and this machine. */
  boolean areOf(String thatCommit, String thatMachine) {
    return commit.equals(thatCommit)
        && !commit.endsWith(Machine.DIRTY)
        && withoutDate(machine).equals(withoutDate(thatMachine));
  }

  private static String withoutDate(String machine) {
    return machine.replaceFirst(", [-0-9]+$", "");
  }

  /** These, and of the benchmarks that the newer ones do not have what is here. */
  Results renewedBy(Results newer) {
    Set<String> measured =
        newer.figures.stream().map(Figure::benchmark).collect(Collectors.toSet());
    List<Figure> allFigures = new ArrayList<>(newer.figures);
    figures.stream()
        .filter(figure -> !measured.contains(figure.benchmark()))
        .forEach(allFigures::add);
    List<Ratio> allRatios = new ArrayList<>(newer.ratiosOrNone());
    ratiosOrNone().stream()
        .filter(ratio -> !measured.contains(ratio.benchmark()))
        .forEach(allRatios::add);
    return new Results(newer.machine, newer.commit, allFigures, allRatios);
  }

  /**
   * How the ratios have changed that both runs have.
   *
   * @param lines one for each that is worse, better or can't be judged, and one that counts them
   * @param judged how many could be judged
   */
  record Comparison(List<String> lines, int judged, int worse) {}

  /** The ratios against those of an earlier run. */
  Comparison comparedWith(Results earlier) {
    Map<String, Ratio> before = new LinkedHashMap<>();
    earlier.ratiosOrNone().forEach(ratio -> before.put(label(ratio), ratio));
    List<String> lines = new ArrayList<>();
    int judged = 0;
    int worse = 0;
    for (Ratio now : ratiosOrNone()) {
      Ratio was = before.get(label(now));
      if (was == null) {
        continue;
      }
      Optional<Ratio.Change> change = now.since(was);
      if (change.isEmpty()) {
        lines.add(
            "  unknown   %s: fewer than %d rounds".formatted(label(now), Ratio.FEWEST_ROUNDS));
        continue;
      }
      judged++;
      if (change.get().trend() != Ratio.Trend.SAME) {
        lines.add(line(now, was, change.get()));
      }
      if (change.get().trend() == Ratio.Trend.WORSE) {
        worse++;
      }
    }
    lines.add(
        "  %d of %d ratios are worse by more than the noise of their rounds"
            .formatted(worse, judged));
    return new Comparison(List.copyOf(lines), judged, worse);
  }

  private static String line(Ratio now, Ratio was, Ratio.Change change) {
    return String.format(
        Locale.ROOT,
        "  %-9s %s: %.2f to %.2f times (by %.2f; with noise %.2f to %.2f)",
        change.trend().name().toLowerCase(Locale.ROOT),
        label(now),
        was.value(),
        now.value(),
        change.by(),
        change.low(),
        change.high());
  }

  private static String label(Ratio ratio) {
    return ratio.benchmark() + ": " + ratio.name();
  }

  /**
   * The table of one benchmark: its figures, ratios before all others, and what a reader of them
   * must know.
   */
  static String markdown(List<Figure> figures, List<String> notes) {
    StringBuilder text = new StringBuilder();
    if (!figures.isEmpty()) {
      text.append("| | value | unit | noise |\n|---|---:|---|---:|\n");
      figures.stream()
          .sorted(Comparator.comparing(figure -> !figure.unit().equals(Ratio.UNIT)))
          .forEach(figure -> text.append(figure.markdown()).append('\n'));
    }
    if (!notes.isEmpty()) {
      text.append(figures.isEmpty() ? "" : "\n");
      notes.forEach(note -> text.append("- ").append(note).append('\n'));
    }
    return text.toString();
  }

  /** Which figures differ by more than the noise of either, and which only one has; in lines. */
  List<String> movedSince(Results earlier) {
    Map<String, Figure> before = new LinkedHashMap<>();
    earlier.figures.forEach(figure -> before.put(label(figure), figure));
    List<String> lines = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    Set<String> benchmarks = new HashSet<>();
    int moved = 0;
    for (Figure now : figures) {
      benchmarks.add(now.benchmark());
      Figure was = before.get(label(now));
      if (was == null) {
        lines.add(
            "  new       %s: %s %s".formatted(label(now), now.value().toPlainString(), now.unit()));
        continue;
      }
      seen.add(label(now));
      double limit = noise(was).max(noise(now)).doubleValue();
      double old = was.value().doubleValue();
      double change = now.value().doubleValue() - old;
      boolean hasMoved = old == 0 ? change != 0 : Math.abs(change / old) > limit;
      if (hasMoved) {
        moved++;
        lines.add(
            "  moved     %s: %s to %s %s (%s, noise %.0f %%)"
                .formatted(
                    label(now),
                    was.value().toPlainString(),
                    now.value().toPlainString(),
                    now.unit(),
                    old == 0
                        ? "from nothing"
                        : String.format(Locale.ROOT, "%+.0f %%", 100 * change / Math.abs(old)),
                    limit * 100));
      }
    }
    before.forEach(
        (label, was) -> {
          if (!seen.contains(label) && benchmarks.contains(was.benchmark())) {
            lines.add(
                "  gone      %s: %s %s".formatted(label, was.value().toPlainString(), was.unit()));
          }
        });
    lines.add("  %d of %d figures moved by more than the noise".formatted(moved, seen.size()));
    return lines;
  }

  private static BigDecimal noise(Figure figure) {
    return Objects.requireNonNullElse(figure.noise(), UNKNOWN_NOISE);
  }

  /** The same whether many samples were taken or few. */
  private static String label(Figure figure) {
    return figure.benchmark()
        + ": "
        + figure.name().replaceFirst(", median of [0-9]+$", ", median");
  }
}
