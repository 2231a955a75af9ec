package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;

/**
 * A server that was drained and waits to be deleted. Immutable.
 *
 * @param name where it stands
 * @param overdue whether it has had its time: it goes into maintenance though it is not idle, so
 *     that it can be deleted with its last connection
 */
public record DrainingServer(ServerName name, boolean overdue) {}
