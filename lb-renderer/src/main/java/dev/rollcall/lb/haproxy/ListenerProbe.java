package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Tests whether HAProxy accepts connections: one is opened and closed again, which sends no request
 * to a server and, with {@code option dontlognull}, logs nothing. Stateless and thread-safe.
 */
public final class ListenerProbe {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final int MAX_ADDRESSES = 16;

  private ListenerProbe() {}

  /**
   * Reloads HAProxy and tests that it still answers where it answered before: some configurations
   * pass every check and stop serving.
   *
   * <p>An HAProxy in a container of its own may listen where it cannot be reached from here. So the
   * addresses that both configurations have are tried before the reload, and only those that
   * answered are tried afterwards.
   *
   * @param before the configuration that HAProxy runs
   * @param wanted the configuration in the file
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
    // Twice, since a queue may have been full for a moment.
    silent.removeAll(reachable(silent));
    return silent.isEmpty()
        ? result
        : new ReloadResult.NotServing(
            "HAProxy reloaded and does not answer any more at "
                + silent.stream().map(ListenerProbe::text).collect(Collectors.joining(", ")));
  }

  /** The addresses that accept a connection. Tries 16 at most, for a second each. */
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
