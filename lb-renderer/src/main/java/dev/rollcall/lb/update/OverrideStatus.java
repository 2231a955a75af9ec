package dev.rollcall.lb.update;

import java.time.Duration;

/**
 * What an operator ordered of a server by hand at HAProxy's socket, and what is left alone for as
 * long as it stands. Immutable.
 *
 * @param server as {@code backend/server}
 * @param setting in words, such as {@code maint and weight 3}
 * @param age for how long it has stood, as far as that is known
 */
public record OverrideStatus(String server, String setting, Duration age) {}
