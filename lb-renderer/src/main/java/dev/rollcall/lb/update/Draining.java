package dev.rollcall.lb.update;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import java.util.Map;

/**
 * What was removed at run time, still exists, and can be reinstated. Immutable.
 *
 * @param servers removed servers, also those of removed backends
 * @param backends removed backends, with the names of their defaults sections
 */
public record Draining(Map<ServerName, Definition> servers, Map<String, String> backends) {

  /** Nothing. */
  public static final Draining NONE = new Draining(Map.of(), Map.of());

  /** Copies the maps. */
  public Draining {
    servers = Map.copyOf(servers);
    backends = Map.copyOf(backends);
  }

  /** Only servers of backends that stay. */
  static Draining of(Map<ServerName, Definition> servers) {
    return new Draining(servers, Map.of());
  }
}
