package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Knocks at the addresses where a configuration makes HAProxy listen: a connection is opened and
 * closed again, which asks no server behind HAProxy and, with {@code option dontlognull}, leaves no
 * line in its log. Stateless and thread-safe.
 */
public final class ListenerProbe {

  private static final Duration LIMIT = Duration.ofSeconds(1);
  private static final int MOST = 16;

  /**
   * Where somebody takes a connection. Knocks at 16 addresses at most, for a second each.
   *
   * @param addresses of this machine
   */
  public Set<InetSocketAddress> reachable(Collection<InetSocketAddress> addresses) {
    Set<InetSocketAddress> answering = new LinkedHashSet<>();
    addresses.stream().limit(MOST).filter(ListenerProbe::accepts).forEach(answering::add);
    return answering;
  }

  private static boolean accepts(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, (int) LIMIT.toMillis());
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
