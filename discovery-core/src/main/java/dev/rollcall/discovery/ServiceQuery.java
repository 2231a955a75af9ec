package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.Require;

/**
 * What to watch: by default the passing instances of one service. Immutable.
 *
 * @param service the service's name: letters, digits, {@code - . _}, at most 128
 */
public record ServiceQuery(String service) {

  /** Checks the name. */
  public ServiceQuery {
    Require.queryableName("service", service);
  }

  /**
   * The passing instances of a service.
   *
   * @param name the service's name
   * @return the query
   */
  public static ServiceQuery service(String name) {
    return new ServiceQuery(name);
  }
}
