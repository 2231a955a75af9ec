package dev.rollcall.lb.template;

import java.net.InetAddress;
import java.util.function.Predicate;

/**
 * What is known of the network of the machine that HAProxy runs on. Immutable and thread-safe if
 * the predicate is.
 *
 * @param loopbackAllowed whether an instance may be at a loopback address, which only makes sense
 *     if it runs on the same machine as HAProxy
 * @param owns whether an address is one of that machine; the loopback addresses are, whatever it
 *     says
 */
public record LocalNetwork(boolean loopbackAllowed, Predicate<InetAddress> owns) {
  /** Of a machine with loopback addresses only, which are allowed. */
  public static final LocalNetwork LOOPBACK_ONLY =
      new LocalNetwork(true, InetAddress::isLoopbackAddress);
}
