package dev.rollcall.discovery.internal.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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

  /** Whether an address is in it. */
  public boolean contains(InetAddress address) {
    byte[] one = base.getAddress();
    byte[] other = address.getAddress();
    if (one.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit++) {
      int difference = one[bit / 8] ^ other[bit / 8];
      if ((difference >> (7 - bit % 8) & 1) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * The only one of some addresses that is in it.
   *
   * @throws IllegalArgumentException if there is none or more than one; one line that tells which
   */
  public String only(List<InetAddress> own) {
    return only(own, Optional.empty());
  }

  /**
   * As {@link #only(List)}, but where one of them was chosen before it stays that for as long as it
   * is there, whatever comes beside it.
   */
  public String only(List<InetAddress> own, Optional<String> before) {
    List<InetAddress> inside = own.stream().filter(this::contains).toList();
    Optional<String> kept =
        before.filter(known -> inside.stream().map(CidrNetwork::text).anyMatch(known::equals));
    if (kept.isPresent()) {
      return kept.get();
    }
    if (inside.size() == 1) {
      return text(inside.get(0));
    }
    throw new IllegalArgumentException(
        inside.isEmpty()
            ? "%s is \"%s\", but no address of this machine is in it: it has %s"
                .formatted(VARIABLE, this, texts(own))
            : "%s is \"%s\", but several addresses of this machine are in it: %s; name a smaller network"
                .formatted(VARIABLE, this, texts(inside)));
  }

  private static String texts(List<InetAddress> addresses) {
    return addresses.isEmpty()
        ? "none"
        : addresses.stream().map(CidrNetwork::text).sorted().collect(Collectors.joining(", "));
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
