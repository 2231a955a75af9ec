package dev.rollcall.lb.routing;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What the operator lets instances ask for. Immutable.
 *
 * @param hosts patterns of hosts: a host name, {@code *.DOMAIN} for every host below a domain, or
 *     {@code *} for all, and for routes without a host
 * @param ports ranges of ports at which services of mode tcp are reached
 * @param tags the tags of other programs that are read too
 */
public record RoutingRules(List<String> hosts, List<PortRange> ports, Set<TagSyntax> tags) {
  /** Allows nothing. */
  public static final RoutingRules NONE = new RoutingRules(List.of(), List.of(), Set.of());

  /** Copies the collections. */
  public RoutingRules {
    hosts = List.copyOf(hosts);
    ports = List.copyOf(ports);
    tags = Set.copyOf(tags);
  }

  /** Tags of other programs. */
  public enum TagSyntax {
    /** {@code urlprefix-HOST/PATH} */
    FABIO,
    /** {@code traefik.http.routers.NAME.rule=RULE} */
    TRAEFIK
  }

  /**
   * A range of ports. Immutable.
   *
   * @param first the lowest
   * @param last the highest
   */
  public record PortRange(int first, int last) {
    boolean contains(int port) {
      return first <= port && port <= last;
    }
  }

  boolean allowsHost(String host) {
    return hosts.stream()
        .map(one -> one.toLowerCase(Locale.ROOT))
        .anyMatch(one -> allows(one, host));
  }

  private static boolean allows(String pattern, String host) {
    if (pattern.equals(Route.Http.ANY_HOST) || pattern.equals(host)) {
      return true;
    }
    return pattern.startsWith("*.")
        && !host.equals(Route.Http.ANY_HOST)
        && host.length() > pattern.length() - 1
        && host.endsWith(pattern.substring(1));
  }

  boolean allowsPort(int port) {
    return ports.stream().anyMatch(range -> range.contains(port));
  }
}
