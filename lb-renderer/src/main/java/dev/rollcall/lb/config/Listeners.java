package dev.rollcall.lb.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads where the {@code bind} lines of a configuration make HAProxy listen for TCP, as far as that
 * can be known from here: an IP address or any, and a port. Names, variables, sockets of the file
 * system and inherited ones are left out. Pure.
 *
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#bind">Configuration manual,
 *     bind</a>
 */
final class Listeners {

  private static final Pattern PLACE =
      Pattern.compile(
          "(?:ipv[46]@|tcp[46]?@)?(?:\\[(?<bracketed>[0-9A-Fa-f:]+)]|(?<bare>\\*|[0-9.]*|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*))"
              + ":(?<port>[1-9]\\d{0,4})(?:-\\d{1,5})?");

  private Listeners() {}

  /** Those of a section. For any address the machine's own stands; of a range its first port. */
  static Set<InetSocketAddress> of(Section section) {
    Set<InetSocketAddress> places = new LinkedHashSet<>();
    for (ConfigLine line : section.lines()) {
      if (line.word(0).equals("bind")) {
        for (String place : line.word(1).split(",", -1)) {
          place(place).ifPresent(places::add);
        }
      }
    }
    return places;
  }

  private static Optional<InetSocketAddress> place(String text) {
    Matcher matcher = PLACE.matcher(text);
    if (!matcher.matches() || Integer.parseInt(matcher.group("port")) > 65_535) {
      return Optional.empty();
    }
    String bracketed = matcher.group("bracketed");
    String host = bracketed == null ? matcher.group("bare") : bracketed;
    try {
      // Never a look-up: the pattern lets digits, dots and colons pass, and no name.
      InetAddress address = InetAddress.getByName(host.replace("*", ""));
      return Optional.of(
          new InetSocketAddress(
              address.isAnyLocalAddress() ? loopback(address) : address,
              Integer.parseInt(matcher.group("port"))));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  private static InetAddress loopback(InetAddress any) throws UnknownHostException {
    return InetAddress.getByName(any.getAddress().length == 4 ? "127.0.0.1" : "::1");
  }
}
