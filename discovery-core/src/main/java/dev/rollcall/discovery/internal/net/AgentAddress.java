package dev.rollcall.discovery.internal.net;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parts of an agent's address. {@link URI} does not take host names with an underscore apart,
 * which container engines give.
 *
 * @param scheme http or https; http for a Unix socket
 * @param host a host name or an IP address, IPv6 in brackets
 * @param port the port, or the scheme's if there is none
 * @param path as it stands in a URL, without slashes at its ends; empty for none
 * @param socket the file of a Unix socket, on this machine, which takes the place of host and port
 */
public record AgentAddress(
    String scheme, String host, int port, String path, Optional<Path> socket) {

  private static final Pattern AUTHORITY =
      Pattern.compile(
          "(\\[[0-9A-Fa-f:.%]+]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}))(?::([0-9]{1,5}))?");

  /**
   * Checks an address: http or https, a host, a port, perhaps a path; or a Unix socket.
   *
   * @param what names it in the refusal
   * @throws IllegalArgumentException if it is none; one line
   */
  public static URI require(String what, String value) {
    String wanted = "http://host:port, https://host:port, host:port or unix:///path";
    if (value.contains("@")) {
      // What stands before the @ may be a password: don't repeat it.
      throw new IllegalArgumentException(
          what + " holds a user or password, which is not supported: use " + wanted);
    }
    try {
      URI uri = new URI(value);
      if (uri.getQuery() == null && uri.getFragment() == null && parse(uri).isPresent()) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // Said below.
    }
    throw Require.wrong(what, value, wanted);
  }

  /** Checks that no agent is there twice. */
  public static void requireDifferent(String what, List<URI> addresses) {
    Set<AgentAddress> seen = new HashSet<>();
    for (URI address : addresses) {
      if (!seen.add(of(address))) {
        throw Require.wrong(what, address.toString(), "named once only");
      }
    }
  }

  /** Takes apart an address that {@link #require} has let through. */
  public static AgentAddress of(URI address) {
    return parse(address)
        .orElseThrow(() -> new IllegalArgumentException("no address of an agent: " + address));
  }

  /** Takes an address apart; empty if it is none. */
  private static Optional<AgentAddress> parse(URI address) {
    String scheme = address.getScheme();
    boolean tls = "https".equalsIgnoreCase(scheme);
    String authority = address.getRawAuthority();
    if ("unix".equalsIgnoreCase(scheme)) {
      return authority == null ? socket(address) : Optional.empty();
    }
    Matcher parts = AUTHORITY.matcher(authority == null ? "" : authority);
    if (!(tls || "http".equalsIgnoreCase(scheme)) || !parts.matches()) {
      return Optional.empty();
    }
    int port = hasPort(address) ? Integer.parseInt(parts.group(2)) : tls ? 443 : 80;
    if (port < 1 || port > 65_535) {
      return Optional.empty();
    }
    String path = address.getRawPath().replaceAll("^/+|/+$", "");
    return Optional.of(
        new AgentAddress(tls ? "https" : "http", parts.group(1), port, path, Optional.empty()));
  }

  /** A socket: nobody looks its host up, and none is connected to. */
  private static Optional<AgentAddress> socket(URI address) {
    String file = address.getPath();
    if (file == null || !file.startsWith("/") || file.endsWith("/") || Require.hasControl(file)) {
      return Optional.empty();
    }
    return Optional.of(new AgentAddress("http", "127.0.0.1", 80, "", Optional.of(Path.of(file))));
  }

  /** Whether an address says its port. */
  public static boolean hasPort(URI address) {
    Matcher parts = AUTHORITY.matcher(String.valueOf(address.getRawAuthority()));
    return parts.matches() && parts.group(2) != null;
  }

  /** Whether others can read what is sent to it. */
  public boolean isExposed() {
    return !isTls() && socket.isEmpty();
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
