package dev.rollcall.lb.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An IP address and a port, checked. Nothing else goes to HAProxy as an address: it would take a
 * path, a name or a port beyond 65535 and mean something else by it. Immutable; equal when they are
 * the same address, however it was written.
 *
 * @param ip written anew: dotted quad, or IPv6 without a zone and without brackets
 * @param port 1 to 65535
 */
public record ServerAddress(String ip, int port) {

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");
  private static final Pattern IPV6 = Pattern.compile("(?=.*:.*:)[0-9A-Fa-f:]{2,39}");
  private static final Pattern WITH_PORT =
      Pattern.compile("(?:\\[(?<bracketed>[^]]*)]|(?<bare>[^]\\[]*)):(?<port>[1-9]\\d{0,4})");

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when the first is no IP address or the second no port
   */
  public ServerAddress {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("no port: " + port);
    }
    ip = canonical(ip);
  }

  /**
   * Reads what a server line has, such as {@code 10.0.0.5:80} or {@code [fd00::5]:80}.
   *
   * @throws IllegalArgumentException when it is anything but an IP address and a port
   */
  public static ServerAddress parse(String text) {
    Matcher matcher = WITH_PORT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not an IP address and a port: " + Excerpt.of(text));
    }
    String bracketed = matcher.group("bracketed");
    return new ServerAddress(
        bracketed == null ? matcher.group("bare") : bracketed,
        Integer.parseInt(matcher.group("port")));
  }

  private static String canonical(String ip) {
    boolean literal = IPV4.matcher(ip).matches() || IPV6.matcher(ip).matches();
    try {
      if (literal) {
        // Never a look-up: what has this form is either an address or refused as one.
        return InetAddress.getByName(ip).getHostAddress();
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("no IP address: " + Excerpt.of(ip), e);
    }
    throw new IllegalArgumentException("no IP address: " + Excerpt.of(ip));
  }

  /** As HAProxy reads it, such as {@code 10.0.0.5:80} or {@code [fd00:0:0:0:0:0:0:5]:80}. */
  @Override
  public String toString() {
    return (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + port;
  }
}
