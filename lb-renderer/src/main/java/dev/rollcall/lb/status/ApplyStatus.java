package dev.rollcall.lb.status;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of a configuration. Immutable.
 *
 * @param at when that was known
 * @param kind in a word: {@code no-change}, {@code changed}, {@code reloaded}, {@code written},
 *     {@code waiting}, {@code rejected} or {@code failed}
 * @param reason what differed, or what is wrong
 * @param seconds how long it took
 * @param succeeded whether what was rendered is in use (or in the file, if there is no HAProxy to
 *     tell)
 * @param secondsSinceChange from the first change of the catalog or the template that it brings, to
 *     its end, failed tries included; null if it failed or brings none
 */
public record ApplyStatus(
    Instant at,
    String kind,
    String reason,
    double seconds,
    boolean succeeded,
    @Nullable Double secondsSinceChange) {

  /** One that brings no change. */
  public ApplyStatus(Instant at, String kind, String reason, double seconds, boolean succeeded) {
    this(at, kind, reason, seconds, succeeded, null);
  }

  /** This one, known to bring a change that came some seconds ago. */
  public ApplyStatus bringing(double secondsSinceChange) {
    return new ApplyStatus(at, kind, reason, seconds, succeeded, secondsSinceChange);
  }
}
