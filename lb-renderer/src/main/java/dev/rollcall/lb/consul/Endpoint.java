package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/**
 * Where an instance listens. Two spellings of one address are one endpoint. Immutable.
 *
 * @param address an address in its one spelling, or a host name in lower case
 * @param port the TCP port
 */
public record Endpoint(String address, int port) {
  /** That of an instance. */
  public static Endpoint of(ServiceInstance instance) {
    return new Endpoint(normalized(instance.address()), instance.port());
  }

  private static String normalized(String address) {
    if (address.indexOf(':') < 0) {
      return address.toLowerCase(Locale.ROOT);
    }
    try {
      // With a colon it is a literal or wrong: no name is looked up. An IPv4-mapped one becomes
      // IPv4.
      return InetAddress.getByName(address).getHostAddress();
    } catch (UnknownHostException notALiteral) {
      return address.toLowerCase(Locale.ROOT);
    }
  }
}
