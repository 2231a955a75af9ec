package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.HaproxyConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Connects to the addresses where a configuration makes HAProxy listen: a connection is opened and
 * closed again, which asks no server behind HAProxy and, with {@code option dontlognull}, leaves no
 * line in its log. Stateless and thread-safe.
 */
public final class ListenerProbe {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final int MAX_ADDRESSES = 16;

  private ListenerProbe() {}

  /**
   * Reloads HAProxy, after which it has to answer where it answered before: some files pass every
   * check of HAProxy's and stop serving.
   *
   * <p>What can be reached differs: a child and an HAProxy on the same host can be connected to,
   * one in a container of its own listens where nobody can tell from here. So the addresses that
   * both configurations share are tried before the reload, and only those that answered then have
   * to answer afterwards. Where none did, the new worker's own word has to do.
   *
   * @param before what HAProxy runs
   * @param wanted what the file has now
   */
  public static ReloadResult reload(Haproxy haproxy, HaproxyConfig before, HaproxyConfig wanted) {
    Set<InetSocketAddress> shared = new LinkedHashSet<>(before.bindAddresses());
    shared.retainAll(wanted.bindAddresses());
    Set<InetSocketAddress> answering = reachable(shared);
    ReloadResult result = haproxy.reload();
    if (!(result instanceof ReloadResult.Success)) {
      return result;
    }
    Set<InetSocketAddress> silent = new LinkedHashSet<>(answering);
    silent.removeAll(reachable(answering));
    // Twice, since once may be chance, as with a queue that was full for a moment.
    silent.removeAll(reachable(silent));
    return silent.isEmpty()
        ? result
        : new ReloadResult.NotServing(
            "HAProxy reloaded and does not answer any more at "
                + silent.stream().map(ListenerProbe::text).collect(Collectors.joining(", ")));
  }

  /** Where somebody takes a connection. Tries 16 addresses of this machine, for a second each. */
  static Set<InetSocketAddress> reachable(Collection<InetSocketAddress> addresses) {
    return addresses.stream()
        .limit(MAX_ADDRESSES)
        .filter(ListenerProbe::accepts)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  static boolean accepts(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, (int) TIMEOUT.toMillis());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }
}
