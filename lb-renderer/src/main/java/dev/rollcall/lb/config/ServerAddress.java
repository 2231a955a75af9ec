package dev.rollcall.lb.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The IP address and port of a server. Nothing else goes to HAProxy as an address: it would take a
 * path, a name or a port beyond 65535 and mean something else by it. Immutable; equal when they are
 * the same address, however it was written.
 *
 * @param ip in one spelling: dotted quad, or IPv6 written out, without a zone and without brackets
 * @param port 1 to 65535
 */
public record ServerAddress(String ip, int port) {
  /** The highest port. */
  public static final int MAX_PORT = 65_535;

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final Pattern IPV4 = Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}");

  /** What {@link InetAddress#getByName} reads or refuses without looking up a name. */
  private static final Pattern IPV6 =
      Pattern.compile("(?=[^:]*:[^:]*:)[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}");

  private static final Pattern WITH_PORT =
      Pattern.compile("(?:\\[(?<bracketed>[^]]*)]|(?<bare>[^]\\[]*)):(?<port>[1-9]\\d{0,4})");

  /**
   * Checks both.
   *
   * @throws IllegalArgumentException when the first is no IP address or the second no port
   */
  public ServerAddress {
    if (port < 1 || port > MAX_PORT) {
      throw new IllegalArgumentException("no port: " + port);
    }
    String text = ip;
    ip =
        ip(text)
            .map(InetAddress::getHostAddress)
            .orElseThrow(
                () -> new IllegalArgumentException("no IP address: " + PrintableText.quoted(text)));
  }

  /**
   * Parses an IP address: dotted quad without leading zeros, or IPv6 without brackets and zone. One
   * that is IPv4-mapped becomes IPv4. No name is looked up; other text gives nothing.
   */
  public static Optional<InetAddress> ip(String text) {
    if (!(text.indexOf(':') < 0 ? IPV4 : IPV6).matcher(text).matches()) {
      return Optional.empty();
    }
    try {
      return Optional.of(InetAddress.getByName(text));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  /**
   * Parses the address of a server line, such as {@code 10.0.0.5:80} or {@code [fd00::5]:80}.
   *
   * @throws IllegalArgumentException when it is anything but an IP address and a port
   */
  public static ServerAddress parse(String text) {
    Matcher matcher = WITH_PORT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not an IP address and a port: " + PrintableText.quoted(text));
    }
    String bracketed = matcher.group("bracketed");
    return new ServerAddress(
        bracketed == null ? matcher.group("bare") : bracketed,
        Integer.parseInt(matcher.group("port")));
  }

  /** As HAProxy reads it, such as {@code 10.0.0.5:80} or {@code [fd00:0:0:0:0:0:0:5]:80}. */
  @Override
  public String toString() {
    return (ip.indexOf(':') < 0 ? ip : "[" + ip + "]") + ":" + port;
  }
}
