package dev.rollcall.lb.apply;

import java.time.Duration;

/**
 * What an operator ordered of a server by hand at HAProxy's socket, and what is left alone for as
 * long as it stands. Immutable.
 *
 * @param server as {@code backend/server}
 * @param order in words, such as {@code maint and weight 3}
 * @param age for how long it has stood, as far as that is known
 */
public record StandingOrder(String server, String order, Duration age) {}
