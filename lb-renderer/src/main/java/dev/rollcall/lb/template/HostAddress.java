package dev.rollcall.lb.template;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An instance's address as it may stand in a {@code server} line: a strict IPv4 literal, which has
 * one spelling only, or an IPv6 one, written anew from its bytes. HAProxy also takes host names,
 * {@code unix@…}, {@code /path}, {@code *} and numbers for addresses (configuration manual, 11
 * "Address formats"), and some of those would aim traffic at HAProxy itself.
 */
final class HostAddress {
  private static final long BROADCAST = 0xffffffffL;
  private static final int MULTICAST = 0xe;
  private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");

  private HostAddress() {}

  /**
   * The address in its one spelling, an IPv6 address in brackets; empty if the text is no literal
   * of an address that one host can have.
   */
  static Optional<String> parse(String text) {
    long ipv4 = ipv4(text);
    if (ipv4 >= 0) {
      boolean oneHost = ipv4 != 0 && ipv4 >> 28 != MULTICAST && ipv4 != BROADCAST;
      return oneHost ? Optional.of(text) : Optional.empty();
    }
    if (text.indexOf(':') < 0 || !IPV6_CHARACTERS.matcher(text).matches()) {
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

  /**
   * The number that an address of four parts without leading zeros stands for; negative if the text
   * is no such address. By hand, as it is asked of thousands of instances at each change.
   */
  private static long ipv4(String text) {
    long address = 0;
    int numbers = 0;
    int number = -1;
    for (int at = 0; at <= text.length(); at++) {
      char next = at < text.length() ? text.charAt(at) : '.';
      if (next == '.' && number >= 0 && ++numbers <= 4) {
        address = address << 8 | number;
        number = -1;
      } else if (next >= '0' && next <= '9' && number != 0) {
        number = Math.max(0, number) * 10 + next - '0';
        if (number > 255) {
          return -1;
        }
      } else {
        return -1;
      }
    }
    return numbers == 4 ? address : -1;
  }
}
