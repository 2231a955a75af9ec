package dev.rollcall.lb.template;

import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerAddress;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * An instance's address as it may stand in a {@code server} line: an IPv4 literal, or an IPv6 one
 * that is written out. HAProxy also takes host names, {@code unix@…}, {@code /path}, {@code *} and
 * numbers for addresses (configuration manual, 11 "Address formats"), and some of those would aim
 * traffic at HAProxy itself. Immutable.
 *
 * @param ip null if it is not allowed
 * @param literal the address in its one spelling, an IPv6 address in brackets; empty if it is not
 *     allowed
 * @param refusal why it is not allowed, empty if it is
 */
record InstanceAddress(@Nullable InetAddress ip, String literal, String refusal) {
  private static final String BROADCAST = "255.255.255.255";
  private static final Pattern ZONE =
      Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*%[0-9A-Za-z_.-]{1,15}");

  /** Checks any text. */
  static InstanceAddress of(String text) {
    Optional<InetAddress> ip = ServerAddress.ip(text);
    String why = ip.isPresent() ? refusal(ip.get(), text) : notAnAddress(text);
    if (!why.isEmpty()) {
      return new InstanceAddress(null, "", "address '" + PrintableText.of(text) + "' " + why);
    }
    InetAddress allowed = ip.get();
    boolean ipv6 = allowed instanceof Inet6Address;
    return new InstanceAddress(allowed, ipv6 ? "[" + allowed.getHostAddress() + "]" : text, "");
  }

  /** Whether it is one that the machine reaches itself by. */
  boolean loopback() {
    return ip != null && ip.isLoopbackAddress();
  }

  private static String notAnAddress(String text) {
    // HAProxy 3.0 and 3.2 say "could not resolve address" to a zone.
    return ZONE.matcher(text).matches()
        ? "has a zone, which HAProxy does not take: register another address"
        : "is not the IPv4 or IPv6 address of a host";
  }

  private static String refusal(InetAddress ip, String text) {
    boolean mapped = ip instanceof Inet4Address && text.indexOf(':') >= 0;
    boolean compatible =
        ip instanceof Inet6Address six
            && six.isIPv4CompatibleAddress()
            && !ip.isAnyLocalAddress()
            && !ip.isLoopbackAddress();
    if (mapped || compatible) {
      return "is an IPv4 address in the form of an IPv6 one: register " + ipv4(ip.getAddress());
    }
    if (ip.isAnyLocalAddress()) {
      return "is unspecified: register the address at which others reach the instance";
    }
    if (ip.isMulticastAddress() || text.equals(BROADCAST)) {
      return "is not the address of one host but of many";
    }
    if (ip.isLinkLocalAddress()) {
      return "is link-local, and HAProxy cannot be told on which link: register another address";
    }
    return "";
  }

  private static String ipv4(byte[] bytes) {
    return IntStream.range(bytes.length - 4, bytes.length)
        .mapToObj(at -> Integer.toString(bytes[at] & 0xff))
        .collect(Collectors.joining("."));
  }
}
