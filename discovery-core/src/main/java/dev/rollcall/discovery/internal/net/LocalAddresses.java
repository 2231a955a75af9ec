package dev.rollcall.discovery.internal.net;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** The address of this machine or container in a network, as it is at the moment. */
public final class LocalAddresses {

  private LocalAddresses() {}

  /**
   * Finds it.
   *
   * @param network in CIDR notation
   * @throws IllegalArgumentException if that is no network, or this machine has no address in it or
   *     several; one line that tells which
   */
  public static String in(String network) {
    return CidrNetwork.parse(network).only(all());
  }

  /** All addresses of this machine or container on interfaces that are up. */
  public static List<InetAddress> all() {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(LocalAddresses::isUp)
          .flatMap(NetworkInterface::inetAddresses)
          .toList();
    } catch (SocketException e) {
      return List.of();
    }
  }

  private static boolean isUp(NetworkInterface each) {
    try {
      return each.isUp();
    } catch (SocketException e) {
      // It has gone in this moment.
      return false;
    }
  }
}
