package dev.rollcall.lb.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The addresses at which a configuration makes HAProxy itself listen for TCP: those of {@code bind}
 * and {@code stats socket} lines, and of {@code peer} lines, as far as they stand in the text.
 * Names other than {@code localhost}, variables of HAProxy's environment, sockets of the file
 * system and inherited ones are left out; so is what listens on one interface or in another network
 * namespace, as a connection that HAProxy makes to its own machine does not come in there.
 * Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#bind">Configuration manual,
 *     bind</a>
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#11">Configuration manual, 11
 *     "Address formats"</a>
 */
public final class BindAddresses {
  private static final Pattern PLACE =
      Pattern.compile(
          "(?:stream\\+)?(?:(?<family>ip|ipv[46]|tcp[46]?|mptcp[46]?)@)?"
              + "(?:\\[(?<bracketed>[0-9A-Fa-f:.]+)]|(?<bare>localhost|\\*|[0-9.]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))"
              + ":(?<first>\\d{1,5})(?:-(?<last>\\d{1,5}))?");

  /** What stands in a line that cannot be one of those looked for, most of the time. */
  private static final Pattern CANDIDATE = Pattern.compile("^[ \t]*(?:bind|stats|peer)[ \t]");

  private enum Host {
    ANY_IPV4,
    ANY,
    ANY_IPV6,
    LOOPBACK,
    ONE
  }

  private record Place(Host host, Optional<InetAddress> address, int first, int last, String text) {
    boolean takes(int port) {
      return first <= port && port <= last;
    }

    boolean takes(InetAddress other, Predicate<InetAddress> own) {
      boolean ipv4 = other.getAddress().length == 4;
      return switch (host) {
        case ANY_IPV4 -> ipv4 && isOwn(other, own);
        case ANY_IPV6 -> !ipv4 && isOwn(other, own);
        case ANY -> isOwn(other, own);
        case LOOPBACK -> other.isLoopbackAddress();
        case ONE -> address.filter(other::equals).isPresent();
      };
    }

    private static boolean isOwn(InetAddress address, Predicate<InetAddress> own) {
      return address.isLoopbackAddress() || own.test(address);
    }
  }

  private final List<Place> places;

  private BindAddresses(List<Place> places) {
    this.places = List.copyOf(places);
  }

  /** Those of a configuration. Lines that mean nothing are passed over. */
  public static BindAddresses of(String text) {
    List<Place> places = new ArrayList<>();
    text.lines()
        .filter(line -> CANDIDATE.matcher(line).find())
        .map(ConfigLine::parse)
        .forEach(line -> add(line, places));
    return new BindAddresses(places);
  }

  /** Whether HAProxy listens at the port, at whatever address: a quick first question. */
  public boolean at(int port) {
    return places.stream().anyMatch(place -> place.takes(port));
  }

  /**
   * Where HAProxy would take a connection that it makes itself to an address and port.
   *
   * @param own whether an address is one of the machine that HAProxy runs on; asked only for one
   *     that is not the loopback, where HAProxy listens at any address
   * @return the address as the configuration has it; empty if it would not
   */
  public Optional<String> at(InetAddress address, int port, Predicate<InetAddress> own) {
    return places.stream()
        .filter(place -> place.takes(port) && place.takes(address, own))
        .findFirst()
        .map(Place::text);
  }

  private static void add(ConfigLine line, List<Place> places) {
    if (line.word(0).equals("bind") && !elsewhere(line)) {
      add(line.word(1), line, places);
    } else if ((line.word(0).equals("stats") && line.word(1).equals("socket"))
        || line.word(0).equals("peer")) {
      add(line.word(2), line, places);
    }
  }

  private static void add(String addresses, ConfigLine line, List<Place> places) {
    for (String text : addresses.replaceAll("[\"']", "").split(",", -1)) {
      place(text, line.words().contains("v6only")).ifPresent(places::add);
    }
  }

  /** Whether what a {@code bind} takes can't have come from the machine itself. */
  private static boolean elsewhere(ConfigLine line) {
    int at = line.words().indexOf("interface");
    return line.words().contains("namespace") || (at > 0 && !line.word(at + 1).equals("lo"));
  }

  private static Optional<Place> place(String text, boolean ipv6Only) {
    Matcher matcher = PLACE.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(matcher.group("first"));
    int last = matcher.group("last") == null ? first : Integer.parseInt(matcher.group("last"));
    String family = Optional.ofNullable(matcher.group("family")).orElse("");
    String bracketed = matcher.group("bracketed");
    String host = bracketed == null ? matcher.group("bare") : bracketed;
    if (host.equals("localhost")) {
      return Optional.of(new Place(Host.LOOPBACK, Optional.empty(), first, last, text));
    }
    if (host.isEmpty() || host.equals("*")) {
      Host any = family.endsWith("6") ? anyIpv6(ipv6Only) : Host.ANY_IPV4;
      return Optional.of(new Place(any, Optional.empty(), first, last, text));
    }
    try {
      // Never a look-up: the pattern lets digits, dots and colons pass, and no other name.
      InetAddress address = InetAddress.getByName(host);
      Host kind = Host.ONE;
      if (address.isAnyLocalAddress()) {
        kind = address.getAddress().length == 4 ? Host.ANY_IPV4 : anyIpv6(ipv6Only);
      }
      return Optional.of(new Place(kind, Optional.of(address), first, last, text));
    } catch (UnknownHostException notAnAddress) {
      return Optional.empty();
    }
  }

  /** Linux gives a socket of any IPv6 address what comes by IPv4 too, unless told otherwise. */
  private static Host anyIpv6(boolean ipv6Only) {
    return ipv6Only ? Host.ANY_IPV6 : Host.ANY;
  }
}
