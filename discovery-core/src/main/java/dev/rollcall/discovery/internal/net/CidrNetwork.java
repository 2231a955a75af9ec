package dev.rollcall.discovery.internal.net;

import static java.util.stream.Collectors.joining;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network in CIDR notation, by which one of a machine's addresses is chosen.
 *
 * @param base any address in it
 * @param prefix how many leading bits all its addresses have in common
 */
public record CidrNetwork(InetAddress base, int prefix) {

  /** The variable it is set by, which every refusal names. */
  static final String VARIABLE = "SERVICE_NETWORK";

  private static final String BYTE = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])";
  // Both shapes are those of numbers: a name would be looked up.
  private static final Pattern CIDR =
      Pattern.compile(
          "((?:" + BYTE + "\\.){3}" + BYTE + "|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)/([0-9]{1,3})");

  /**
   * Reads what {@code SERVICE_NETWORK} holds.
   *
   * @throws IllegalArgumentException if it is no network; one line
   */
  public static CidrNetwork parse(String cidr) {
    Matcher parts = CIDR.matcher(cidr);
    if (parts.matches()) {
      try {
        InetAddress base = InetAddress.getByName(parts.group(1));
        int prefix = Integer.parseInt(parts.group(2));
        if (prefix <= base.getAddress().length * 8) {
          return new CidrNetwork(base, prefix);
        }
      } catch (UnknownHostException e) {
        // Said below.
      }
    }
    throw Require.wrong(VARIABLE, cidr, "a network such as 10.0.0.0/8 or fd00::/8");
  }

  /** All addresses of this machine or container on interfaces that are up, as of now. */
  public static List<InetAddress> localAddresses() {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(CidrNetwork::isUp)
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

  /** Whether an address is in it. */
  public boolean contains(InetAddress address) {
    byte[] one = base.getAddress();
    byte[] other = address.getAddress();
    return one.length == other.length && leadingBits(one).equals(leadingBits(other));
  }

  private BigInteger leadingBits(byte[] address) {
    return new BigInteger(1, address).shiftRight(address.length * 8 - prefix);
  }

  /**
   * The only one of some addresses that is in it. Where one of them was chosen before it stays that
   * for as long as it is there, whatever comes beside it.
   *
   * @throws IllegalArgumentException if there is none or more than one; one line that tells which
   */
  public String only(List<InetAddress> local, Optional<String> before) {
    List<String> inside = local.stream().filter(this::contains).map(CidrNetwork::text).toList();
    if (before.isPresent() && inside.contains(before.get())) {
      return before.get();
    }
    if (inside.size() == 1) {
      return inside.get(0);
    }
    String which =
        inside.isEmpty()
            ? "%s is \"%s\", but no address of this machine is in it: it has %s"
            : "%s is \"%s\", but several addresses of this machine are in it: %s; name a smaller network";
    List<String> all = local.stream().map(CidrNetwork::text).toList();
    String listed = (inside.isEmpty() ? all : inside).stream().sorted().collect(joining(", "));
    throw new IllegalArgumentException(
        which.formatted(VARIABLE, this, listed.isEmpty() ? "none" : listed));
  }

  /** An address without the zone, which means nothing on another machine. */
  public static String text(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  @Override
  public String toString() {
    return text(base) + "/" + prefix;
  }
}
