package dev.rollcall.lb.config;

import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The addresses at which a configuration makes HAProxy listen for TCP: those of {@code bind} and
 * {@code stats socket} lines, and of {@code peer} lines, as far as they stand in the text. Names
 * other than {@code localhost}, variables of HAProxy's environment, UNIX sockets and inherited ones
 * are left out; so is what listens on one interface or in another network namespace, as a
 * connection that HAProxy makes to its own machine does not come in there. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#bind">Configuration manual,
 *     bind</a>
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#11">Configuration manual, 11
 *     "Address formats"</a>
 */
public final class BindAddresses {
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:stream\\+)?(?:(?<family>ip|ipv[46]|tcp[46]?|mptcp[46]?)@)?"
              + "(?:\\[(?<bracketed>[0-9A-Fa-f:.]+)]|(?<bare>localhost|\\*|[0-9.]*|[0-9A-Fa-f:.]*:[0-9A-Fa-f:]*))"
              + ":(?<first>\\d{1,5})(?:-(?<last>\\d{1,5}))?");

  private static final List<String> KEYWORDS = List.of("bind", "stats", "peer");

  /**
   * One address and the ports at it.
   *
   * @param ip null for {@code localhost}, of whatever family
   * @param text as the configuration has it
   */
  private record Listener(
      @Nullable InetAddress ip, boolean ipv6Only, int first, int last, String text) {
    boolean hasPort(int port) {
      return first <= port && port <= last;
    }

    boolean accepts(InetAddress destination, Predicate<InetAddress> own) {
      if (ip == null) {
        return destination.isLoopbackAddress();
      }
      if (!ip.isAnyLocalAddress()) {
        return ip.equals(destination);
      }
      // Linux gives a socket of any IPv6 address what comes by IPv4 too, unless told otherwise.
      boolean family =
          ip.getClass() == destination.getClass() || (ip instanceof Inet6Address && !ipv6Only);
      return family && (destination.isLoopbackAddress() || own.test(destination));
    }
  }

  private final List<Listener> listeners;

  private BindAddresses(Stream<ConfigLine> lines) {
    List<Listener> found = new ArrayList<>();
    lines.forEach(line -> add(line, found));
    listeners = List.copyOf(found);
  }

  /** Those of a configuration. Lines that mean nothing are passed over. */
  public static BindAddresses of(String text) {
    return of(candidates(text).stream().map(ConfigLine::parse));
  }

  /** Finds the few lines that can matter without parsing all of a large configuration. */
  private static List<String> candidates(String text) {
    List<String> lines = new ArrayList<>();
    for (int start = 0, end = 0; end < text.length(); start = end + 1) {
      int next = text.indexOf('\n', start);
      end = next < 0 ? text.length() : next;
      int word = start;
      while (word < end && isBlank(text.charAt(word))) {
        word++;
      }
      for (String keyword : KEYWORDS) {
        int after = word + keyword.length();
        if (after < end && text.startsWith(keyword, word) && isBlank(text.charAt(after))) {
          lines.add(text.substring(start, end));
        }
      }
    }
    return lines;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  static BindAddresses of(Stream<ConfigLine> lines) {
    return new BindAddresses(lines);
  }

  /** Whether HAProxy listens at the port, at whatever address: a quick first question. */
  public boolean hasPort(int port) {
    return listeners.stream().anyMatch(listener -> listener.hasPort(port));
  }

  /**
   * Where HAProxy would accept a connection that it makes itself to an address and port.
   *
   * @param own whether an address is one of the machine that HAProxy runs on; asked only for one
   *     that is not the loopback, where HAProxy listens at any address
   * @return the address as the configuration has it; empty if it would not
   */
  public Optional<String> accepting(InetAddress ip, int port, Predicate<InetAddress> own) {
    return listeners.stream()
        .filter(listener -> listener.hasPort(port) && listener.accepts(ip, own))
        .findFirst()
        .map(Listener::text);
  }

  /** What to connect to in order to reach them from this machine; of a range the first port. */
  Set<InetSocketAddress> sockets() {
    Set<InetSocketAddress> sockets = new LinkedHashSet<>();
    for (Listener listener : listeners) {
      InetAddress ip = listener.ip();
      if (ip != null && listener.first() >= 1 && listener.first() <= ServerAddress.MAX_PORT) {
        sockets.add(
            new InetSocketAddress(ip.isAnyLocalAddress() ? loopback(ip) : ip, listener.first()));
      }
    }
    return sockets;
  }

  private static InetAddress loopback(InetAddress any) {
    return ServerAddress.ip(any instanceof Inet6Address ? "::1" : "127.0.0.1").orElseThrow();
  }

  private static void add(ConfigLine line, List<Listener> listeners) {
    if (line.word(0).equals("bind") && !isElsewhere(line)) {
      add(line.word(1), line, listeners);
    } else if ((line.word(0).equals("stats") && line.word(1).equals("socket"))
        || line.word(0).equals("peer")) {
      add(line.word(2), line, listeners);
    }
  }

  private static void add(String addresses, ConfigLine line, List<Listener> listeners) {
    boolean ipv6Only = line.words().contains("v6only");
    for (String text : addresses.replaceAll("[\"']", "").split(",", -1)) {
      listener(text, ipv6Only).ifPresent(listeners::add);
    }
  }

  /** Whether what a {@code bind} accepts can't have come from the machine itself. */
  private static boolean isElsewhere(ConfigLine line) {
    int at = line.words().indexOf("interface");
    return line.words().contains("namespace") || (at > 0 && !line.word(at + 1).equals("lo"));
  }

  private static Optional<Listener> listener(String text, boolean ipv6Only) {
    Matcher matcher = ADDRESS.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int first = Integer.parseInt(matcher.group("first"));
    int last = matcher.group("last") == null ? first : Integer.parseInt(matcher.group("last"));
    String bracketed = matcher.group("bracketed");
    String host = bracketed == null ? matcher.group("bare") : bracketed;
    if (host.equals("localhost")) {
      return Optional.of(new Listener(null, false, first, last, text));
    }
    if (host.isEmpty() || host.equals("*")) {
      String family = matcher.group("family");
      host = family != null && family.endsWith("6") ? "::" : "0.0.0.0";
    }
    return ServerAddress.ip(host).map(ip -> new Listener(ip, ipv6Only, first, last, text));
  }
}
