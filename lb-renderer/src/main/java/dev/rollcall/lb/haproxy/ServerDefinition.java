package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;

/**
 * A server of which everything is known that HAProxy must be told to add it at run time. Immutable.
 *
 * @param name where it stands
 * @param address of the instance
 * @param options with {@code default-server} folded in
 */
public record ServerDefinition(ServerName name, ServerAddress address, ServerOptions options) {}
