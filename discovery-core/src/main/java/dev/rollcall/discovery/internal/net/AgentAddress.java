package dev.rollcall.discovery.internal.net;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of an agent's address. {@link URI} does not take host names with an underscore apart,
 * which container engines give.
 *
 * @param scheme http or https
 * @param host a host name or an IP address, IPv6 in brackets
 * @param port the port, or the scheme's if there is none
 * @param path as it stands in a URL, without slashes at its ends; empty for none
 */
public record AgentAddress(String scheme, String host, int port, String path) {

  private static final Pattern AUTHORITY =
      Pattern.compile(
          "(\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}))(?::([0-9]{1,5}))?");

  /** Takes apart an address that {@link Require#httpAddress} has let through. */
  public static AgentAddress of(URI address) {
    return parse(address)
        .orElseThrow(() -> new IllegalArgumentException("no address of an agent: " + address));
  }

  /** Takes an address apart; empty if it is none. */
  static Optional<AgentAddress> parse(URI address) {
    String scheme = address.getScheme();
    boolean tls = "https".equalsIgnoreCase(scheme);
    String authority = address.getRawAuthority();
    Matcher parts = AUTHORITY.matcher(authority == null ? "" : authority);
    if (!(tls || "http".equalsIgnoreCase(scheme)) || !parts.matches()) {
      return Optional.empty();
    }
    int port = hasPort(address) ? Integer.parseInt(parts.group(2)) : tls ? 443 : 80;
    if (port < 1 || port > 65_535) {
      return Optional.empty();
    }
    String path = address.getRawPath().replaceAll("^/+|/+$", "");
    return Optional.of(new AgentAddress(tls ? "https" : "http", parts.group(1), port, path));
  }

  /** Whether an address says its port. */
  public static boolean hasPort(URI address) {
    Matcher parts = AUTHORITY.matcher(String.valueOf(address.getRawAuthority()));
    return parts.matches() && parts.group(2) != null;
  }

  /** Whether it is spoken with over TLS. */
  public boolean isTls() {
    return scheme.equals("https");
  }

  /** An address, IPv6 or not, and a port as one text. */
  public static String endpoint(String address, int port) {
    return (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
  }

  /** The host as it is looked up. */
  public String lookup() {
    return host.replaceAll("[\\[\\]]", "");
  }
}
