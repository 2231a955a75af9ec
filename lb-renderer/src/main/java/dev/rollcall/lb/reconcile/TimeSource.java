package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two clocks: one for people, and one that never goes back.
 *
 * @param wall tells when
 * @param nanos tells how long, as {@link System#nanoTime} does
 */
public record TimeSource(InstantSource wall, LongSupplier nanos) {
  /** The machine's. */
  public static TimeSource system() {
    return new TimeSource(InstantSource.system(), System::nanoTime);
  }

  /** What the clock on the wall says. */
  public Instant now() {
    return wall.instant();
  }

  /** Time since a fixed moment. */
  Duration elapsed() {
    return Duration.ofNanos(nanos.getAsLong());
  }
}
