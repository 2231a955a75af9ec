package dev.rollcall.lb.status;

import java.time.Instant;

/**
 * A rendering. Immutable.
 *
 * @param at when
 * @param characters how long the configuration is
 * @param refused how many instances were left out
 */
public record RenderStatus(Instant at, int characters, int refused) {}
