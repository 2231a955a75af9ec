package dev.rollcall.lb.template;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * An instance's address as it may stand in a {@code server} line: a strict IPv4 literal, which has
 * one spelling only, or an IPv6 one, written anew from its bytes. HAProxy also takes host names,
 * {@code unix@…}, {@code /path}, {@code *} and numbers for addresses (configuration manual, 11
 * "Address formats"), and some of those would aim traffic at HAProxy itself. Immutable.
 *
 * @param literal the address in its one spelling, an IPv6 address in brackets; empty if it is not
 *     allowed
 * @param refusal why it is not allowed, empty if it is
 * @param loopback whether it is one that the machine reaches itself by
 */
record InstanceAddress(String literal, String refusal, boolean loopback) {
  private static final long BROADCAST = 0xffffffffL;
  private static final int MULTICAST = 0xe;
  private static final int LOOPBACK = 127;
  private static final int LINK_LOCAL = 169 << 8 | 254;
  private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:.]{2,45}");
  private static final Pattern ZONE =
      Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*%[0-9A-Za-z_.-]{1,15}");

  /** Judges any text. */
  static InstanceAddress of(String text) {
    long ipv4 = ipv4(text);
    if (ipv4 >= 0) {
      return ipv4(text, ipv4);
    }
    if (ZONE.matcher(text).matches()) {
      // Seen on 3.0 and 3.2: "could not resolve address".
      return refused(text, "has a zone, which HAProxy does not take: register another address");
    }
    if (text.indexOf(':') < 0 || !IPV6_CHARACTERS.matcher(text).matches()) {
      return noAddress(text);
    }
    try {
      return ipv6(text, InetAddress.getByName(text)); // A literal: no name is looked up.
    } catch (UnknownHostException notALiteral) {
      return noAddress(text);
    }
  }

  private static InstanceAddress ipv4(String text, long address) {
    if (address == 0) {
      return unspecified(text);
    }
    if (address >> 28 == MULTICAST || address == BROADCAST) {
      return manyHosts(text);
    }
    if (address >> 16 == LINK_LOCAL) {
      return linkLocal(text);
    }
    return new InstanceAddress(text, "", address >> 24 == LOOPBACK);
  }

  private static InstanceAddress ipv6(String text, InetAddress address) {
    if (address instanceof Inet4Address mapped) {
      return ipv4InIpv6(text, mapped.getHostAddress());
    }
    if (address.isAnyLocalAddress()) {
      return unspecified(text);
    }
    if (address.isMulticastAddress()) {
      return manyHosts(text);
    }
    if (address.isLinkLocalAddress()) {
      return linkLocal(text);
    }
    if (!address.isLoopbackAddress() && ((Inet6Address) address).isIPv4CompatibleAddress()) {
      byte[] bytes = address.getAddress();
      return ipv4InIpv6(
          text,
          (bytes[12] & 0xff)
              + "."
              + (bytes[13] & 0xff)
              + "."
              + (bytes[14] & 0xff)
              + "."
              + (bytes[15] & 0xff));
    }
    return new InstanceAddress(
        "[" + address.getHostAddress() + "]", "", address.isLoopbackAddress());
  }

  private static InstanceAddress noAddress(String text) {
    return refused(text, "is not the IPv4 or IPv6 address of a host");
  }

  private static InstanceAddress unspecified(String text) {
    return refused(text, "is unspecified: register the address at which others reach the instance");
  }

  private static InstanceAddress manyHosts(String text) {
    return refused(text, "is not the address of one host but of many");
  }

  private static InstanceAddress linkLocal(String text) {
    return refused(
        text, "is link-local, and HAProxy cannot be told on which link: register another address");
  }

  private static InstanceAddress ipv4InIpv6(String text, String ipv4) {
    return refused(text, "is an IPv4 address in the form of an IPv6 one: register " + ipv4);
  }

  private static InstanceAddress refused(String text, String why) {
    return new InstanceAddress("", "address '" + PrintableText.of(text) + "' " + why, false);
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
