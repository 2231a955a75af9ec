package dev.rollcall.lb.cli;

import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.util.List;
import java.util.Locale;

/**
 * Whether instances may be at loopback addresses. An instance that registers one says that it is on
 * the machine of whoever asks, so HAProxy would ask its own machine for it. Consul at an address of
 * this machine can be here with all that it knows; Consul anywhere else is not.
 */
final class LoopbackPolicy {
  private LoopbackPolicy() {}

  /**
   * What is known of this machine.
   *
   * @param allow what {@code --allow-loopback} says
   * @param consul where Consul is asked
   */
  static LocalNetwork machine(String allow, List<URI> consul) throws ExitException {
    boolean allowed =
        switch (allow.strip().toLowerCase(Locale.ROOT)) {
          case "auto" -> consul.stream().allMatch(LoopbackPolicy::isHere);
          case "yes" -> true;
          case "no" -> false;
          default ->
              throw ExitException.usage(
                  "--allow-loopback is '" + allow + "': give auto, yes or no");
        };
    return new LocalNetwork(allowed, LoopbackPolicy::isOwn);
  }

  /** Whether Consul is on this machine, as far as that is known without looking up a name. */
  private static boolean isHere(URI consul) {
    String host = consul.getHost();
    if (host == null) {
      return consul.getScheme() != null && consul.getScheme().equals("unix");
    }
    String bare = host.replaceAll("^\\[|]$", "").toLowerCase(Locale.ROOT);
    if (bare.equals("localhost") || bare.endsWith(".localhost")) {
      return true;
    }
    return ServerAddress.ip(bare)
        .filter(address -> address.isLoopbackAddress() || isOwn(address))
        .isPresent();
  }

  private static boolean isOwn(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return false;
    }
  }
}
