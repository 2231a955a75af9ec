package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerLine;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;

/**
 * A server of which everything is known that HAProxy must be told to add it at run time. Immutable.
 *
 * @param name where it stands
 * @param address of the instance
 * @param options with {@code default-server} folded in
 */
public record ServerDefinition(ServerName name, ServerAddress address, ServerOptions options) {

  /**
   * Parses a server line with its defaults.
   *
   * @throws ReloadRequiredException when a word of it is not known to do the same at run time
   */
  public static ServerDefinition of(String backend, ServerLine line)
      throws ReloadRequiredException {
    try {
      return new ServerDefinition(
          new ServerName(backend, line.name()),
          ServerAddress.parse(line.address()),
          line.options());
    } catch (IllegalArgumentException e) {
      throw new ReloadRequiredException(
          "server " + backend + "/" + line.name() + ": " + e.getMessage());
    }
  }
}
