package dev.rollcall.lb.runtime;

/**
 * A server that was drained and waits to be deleted. Immutable.
 *
 * @param name where it stands
 * @param overdue whether it has had its time: it goes into maintenance though it is not idle, so
 *     that it can be deleted with its last connection
 */
public record Leaving(ServerName name, boolean overdue) {}
