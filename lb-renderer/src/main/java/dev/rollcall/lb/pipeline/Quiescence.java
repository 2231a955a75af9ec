package dev.rollcall.lb.pipeline;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says when a change is due. One that comes when nothing was applied for {@code min} is due at
 * once; those that come sooner are due together, when none has come for {@code min} or {@code max}
 * after the first of them. So a single change never waits, and a burst is applied in few steps.
 * Immutable.
 */
public final class Quiescence {
  private final Duration min;
  private final Duration max;
  private final @Nullable Duration applied;
  private final @Nullable Duration first;
  private final @Nullable Duration last;

  private Quiescence(
      Duration min,
      Duration max,
      @Nullable Duration applied,
      @Nullable Duration first,
      @Nullable Duration last) {
    this.min = min;
    this.max = max;
    this.applied = applied;
    this.first = first;
    this.last = last;
  }

  /** Nothing was applied yet, and nothing waits. */
  public static Quiescence of(Duration min, Duration max) {
    return new Quiescence(min, max, null, null, null);
  }

  /** After a change. All times are since one fixed moment. */
  Quiescence changed(Duration now) {
    return new Quiescence(min, max, applied, first == null ? now : first, now);
  }

  /** After the change that waited was taken back. */
  Quiescence unchanged() {
    return new Quiescence(min, max, applied, null, null);
  }

  /** After an apply, which took all that waited with it. */
  Quiescence applied(Duration end) {
    return new Quiescence(min, max, end, null, null);
  }

  /** When what waits is to be applied; empty if nothing waits. */
  Optional<Duration> due() {
    if (first == null || last == null) {
      return Optional.empty();
    }
    if (calm(first)) {
      return Optional.of(first);
    }
    return Optional.of(earlier(last.plus(min), first.plus(max)));
  }

  /** When an apply that failed may be tried again at the earliest. */
  Duration retryNotBefore() {
    return applied == null ? Duration.ZERO : applied.plus(min);
  }

  private boolean calm(Duration at) {
    return applied == null || at.compareTo(applied.plus(min)) >= 0;
  }

  private static Duration earlier(Duration one, Duration other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
