package dev.rollcall.measure.faults;

import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What was promised of a fault, and what was found while it was done, besides what its load shows.
 * Used by one thread.
 */
public class Findings {
  private static final Duration POLL = Duration.ofMillis(100);

  private final List<String> times = new ArrayList<>();
  private final List<String> promises = new ArrayList<>();
  private final List<String> shortfalls = new ArrayList<>();
  private long timerStart = System.nanoTime();

  /** From now on the time until the pool is right counts. */
  public final void startTimer() {
    timerStart = System.nanoTime();
  }

  /**
   * Waits until the pool is right, at most a minute longer than it may take; notes the time.
   *
   * @param limit in seconds
   * @param word what it is right after; an empty text where that is the fault itself
   * @param isRight true as soon as the pool is right
   * @param seen what is said if it never is
   */
  public final void awaitPool(
      int limit, String word, BooleanSupplier isRight, Supplier<String> seen) {
    String after = word.isEmpty() ? "" : " " + word;
    String which = word.isEmpty() ? "" : "(" + word + ") ";
    if (!Waiting.until(Duration.ofSeconds(limit + 60), POLL, isRight)) {
      times.add("never" + after);
      shortfall("pool not right %swithin %d s".formatted(which, limit));
      MeasurementRun.warn("  %s", seen.get());
      return;
    }
    double took = (System.nanoTime() - timerStart) / 1e9;
    String shown = String.format(Locale.ROOT, "%.1f", took);
    times.add(shown + " s" + after);
    if (Double.parseDouble(shown) > limit) {
      shortfall("pool right %safter %s s, not %d s".formatted(which, shown, limit));
    }
  }

  /** A promise beyond lost requests. */
  public final void expect(String words, boolean holds) {
    if (holds) {
      promises.add(words);
    } else {
      shortfall("not: " + words);
    }
  }

  /** The same, of something that is looked at now. */
  public final void expect(String words, BooleanSupplier holds) {
    expect(words, holds.getAsBoolean());
  }

  /** What was found where nothing is promised. */
  public final void note(String words) {
    promises.add(words);
  }

  /** A promise that has to come true within so many seconds. */
  public final void expectWithin(int seconds, String words, BooleanSupplier holds) {
    expect(words, Waiting.until(seconds, holds));
  }

  /** A promise that has to hold for so many seconds. */
  public final void expectFor(int seconds, String words, BooleanSupplier holds) {
    expect(words, Waiting.stays(seconds, holds));
  }

  /** Notes, and tells, what was promised and is not so. */
  public final void shortfall(String words) {
    MeasurementRun.warn("  %s", words);
    shortfalls.add(words);
  }

  /** When the pool was right, in words. */
  final String times() {
    return words(times);
  }

  /** What was promised besides and holds. */
  final String promises() {
    return words(promises);
  }

  /** What was promised and is not so. */
  final List<String> shortfalls() {
    return List.copyOf(shortfalls);
  }

  private static String words(Collection<String> all) {
    return all.isEmpty() ? "-" : String.join(", ", all);
  }
}
