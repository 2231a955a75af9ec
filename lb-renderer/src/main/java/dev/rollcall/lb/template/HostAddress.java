package dev.rollcall.lb.template;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An instance's address as it may stand in a {@code server} line: a strict IPv4 or IPv6 literal,
 * written anew from its bytes. HAProxy also takes host names, {@code unix@…}, {@code /path}, {@code
 * *} and numbers for addresses (configuration manual, 11 "Address formats"), and some of those
 * would aim traffic at HAProxy itself.
 */
final class HostAddress {
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\\.(?!$)|$)){4}");
  private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  private HostAddress() {}

  /**
   * The address in its one spelling, an IPv6 address in brackets; empty if the text is no literal
   * of an address that one host can have.
   */
  static Optional<String> parse(String text) {
    boolean ipv4 = IPV4.matcher(text).matches();
    if (!ipv4 && (text.indexOf(':') < 0 || !IPV6_CHARACTERS.matcher(text).matches())) {
      return Optional.empty();
    }
    try {
      // A literal: no name is looked up. An IPv4-mapped IPv6 address comes back as IPv4.
      InetAddress address = InetAddress.getByName(text);
      if (address.isAnyLocalAddress()
          || address.isMulticastAddress()
          || address.getHostAddress().equals("255.255.255.255")) {
        return Optional.empty();
      }
      String literal = address.getHostAddress();
      return Optional.of(address instanceof Inet6Address ? "[" + literal + "]" : literal);
    } catch (UnknownHostException notALiteral) {
      return Optional.empty();
    }
  }
}
