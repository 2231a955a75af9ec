package dev.rollcall.lb.runtime;

/**
 * A server of which everything is known that HAProxy must be told to add it at run time. Immutable.
 *
 * @param name where it stands
 * @param address of the instance
 * @param options with {@code default-server} folded in
 */
public record PoolServer(ServerName name, ServerAddress address, ServerOptions options) {}
