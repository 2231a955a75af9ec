package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says when a change is due. One that comes when nothing was applied for {@code min} is due at
 * once; those that come sooner are due together, when none has come for {@code min} or {@code max}
 * after the first of them. So a single change never waits, and a burst is applied in few steps. A
 * reload leaves an old worker behind, so after one both times are {@value #AFTER_A_RELOAD} times as
 * long. Immutable. All times are since one fixed moment.
 *
 * @param factor by which both times are longer now
 * @param applied when the last apply ended; null before the first
 * @param first when the first change came that waits; null if none does
 * @param last when the last of them came
 */
public record Debouncer(
    Duration min,
    Duration max,
    int factor,
    @Nullable Duration applied,
    @Nullable Duration first,
    @Nullable Duration last) {
  /** How many times as long it waits after a reload. */
  static final int AFTER_A_RELOAD = 8;

  /** Nothing was applied yet, and nothing waits. */
  public static Debouncer of(Duration min, Duration max) {
    return new Debouncer(min, max, 1, null, null, null);
  }

  /** After a change. */
  Debouncer changed(Duration now) {
    return new Debouncer(min, max, factor, applied, first == null ? now : first, now);
  }

  /** After the change that waited was taken back. */
  Debouncer reverted() {
    return new Debouncer(min, max, factor, applied, null, null);
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
    if (applied == null || first.compareTo(retryNotBefore()) >= 0) {
      return Optional.of(first);
    }
    Duration calm = last.plus(min.multipliedBy(factor));
    Duration latest = first.plus(max.multipliedBy(factor));
    return Optional.of(calm.compareTo(latest) <= 0 ? calm : latest);
  }

  /** When an apply that failed may be tried again at the earliest. */
  Duration retryNotBefore() {
    return applied == null ? Duration.ZERO : applied.plus(min.multipliedBy(factor));
  }
}
