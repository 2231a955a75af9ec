package dev.rollcall.lb.status;

import java.time.Instant;

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
 */
public record ApplyStatus(
    Instant at, String kind, String reason, double seconds, boolean succeeded) {}
