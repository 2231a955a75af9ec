package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says when a change is due. One that comes when nothing was applied for {@code min} is due at
 * once; those that come sooner are due together, when none has come for {@code min} or {@code max}
 * after the first of them. So a single change never waits, and a burst is applied in few steps. A
 * reload leaves an old worker behind, so after one both times are {@value #AFTER_A_RELOAD} times as
 * long. Immutable.
 */
public final class Debouncer {
  /** How many times as long it waits after a reload. */
  static final int AFTER_A_RELOAD = 8;

  private final Duration min;
  private final Duration max;
  private final int times;
  private final @Nullable Duration applied;
  private final @Nullable Duration first;
  private final @Nullable Duration last;

  private Debouncer(
      Duration min,
      Duration max,
      int times,
      @Nullable Duration applied,
      @Nullable Duration first,
      @Nullable Duration last) {
    this.min = min;
    this.max = max;
    this.times = times;
    this.applied = applied;
    this.first = first;
    this.last = last;
  }

  /** Nothing was applied yet, and nothing waits. */
  public static Debouncer of(Duration min, Duration max) {
    return new Debouncer(min, max, 1, null, null, null);
  }

  /** After a change. All times are since one fixed moment. */
  Debouncer changed(Duration now) {
    return new Debouncer(min, max, times, applied, first == null ? now : first, now);
  }

  /** After the change that waited was taken back. */
  Debouncer reverted() {
    return new Debouncer(min, max, times, applied, null, null);
  }

  /** After an apply, which took all that waited with it. */
  Debouncer applied(Duration end) {
    return new Debouncer(min, max, 1, end, null, null);
  }

  /** After an apply that was a reload. */
  Debouncer reloaded(Duration end) {
    return new Debouncer(min, max, AFTER_A_RELOAD, end, null, null);
  }

  /** When what waits is to be applied; empty if nothing waits. */
  Optional<Duration> due() {
    if (first == null || last == null) {
      return Optional.empty();
    }
    if (calm(first)) {
      return Optional.of(first);
    }
    return Optional.of(earlier(last.plus(min()), first.plus(max.multipliedBy(times))));
  }

  /** When an apply that failed may be tried again at the earliest. */
  Duration retryNotBefore() {
    return applied == null ? Duration.ZERO : applied.plus(min());
  }

  private boolean calm(Duration at) {
    return applied == null || at.compareTo(applied.plus(min())) >= 0;
  }

  private Duration min() {
    return min.multipliedBy(times);
  }

  private static Duration earlier(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
