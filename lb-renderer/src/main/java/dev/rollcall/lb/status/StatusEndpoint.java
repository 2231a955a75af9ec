package dev.rollcall.lb.status;

import dev.rollcall.lb.haproxy.Backoff;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the status at an address as soon as this machine has it: at boot a network, a tunnel or an
 * address that moves between machines may come later. Thread-safe.
 */
public final class StatusEndpoint implements AutoCloseable {
  private static final Backoff BACKOFF =
      new Backoff(Duration.ofMillis(500), Duration.ofSeconds(15));
  private static final Logger log = LoggerFactory.getLogger(StatusEndpoint.class);

  private final InetSocketAddress address;
  private final Map<String, StatusServer.Handler> handlers;
  private final List<String> hosts;
  private @Nullable StatusServer server;
  private boolean closed;

  private StatusEndpoint(
      InetSocketAddress address,
      Map<String, StatusServer.Handler> handlers,
      Collection<String> hosts) {
    this.address = address;
    this.handlers = handlers;
    this.hosts = List.copyOf(hosts);
  }

  /**
   * Begins to serve, now or when the address is there.
   *
   * @param address may be a name that is not known yet
   * @param hosts further host names that requests may use
   * @throws IOException if this machine has the address, and the port is not to be had
   */
  public static StatusEndpoint open(
      InetSocketAddress address,
      Map<String, StatusServer.Handler> handlers,
      Collection<String> hosts)
      throws IOException {
    StatusEndpoint endpoint = new StatusEndpoint(address, handlers, hosts);
    try {
      endpoint.start();
    } catch (IOException e) {
      if (isHere(endpoint.resolved())) {
        throw e;
      }
      log.warn(
          "--listen {}:{}: no address of this machine yet ({}): waited for, HAProxy is kept in step"
              + " meanwhile",
          address.getHostString(),
          address.getPort(),
          e.getMessage());
      Thread thread = new Thread(endpoint::startLater, "status-address");
      thread.setDaemon(true);
      thread.start();
    }
    return endpoint;
  }

  private void startLater() {
    RandomGenerator random = RandomGenerator.getDefault();
    for (int failures = 1; ; failures++) {
      try {
        Thread.sleep(BACKOFF.delay(failures, random).toMillis());
        start();
        return;
      } catch (InterruptedException e) {
        return;
      } catch (IOException | RuntimeException | Error e) {
        log.debug("--listen {}: {}", address, e.toString());
      }
    }
  }

  private synchronized void start() throws IOException {
    if (!closed) {
      InetSocketAddress now = resolved();
      if (now.isUnresolved()) {
        throw new IOException("the host " + now.getHostString() + " is not known");
      }
      StatusServer started = StatusServer.start(now, handlers, hosts);
      server = started;
      InetSocketAddress where = started.address();
      log.info("Status on http://{}:{}/status", where.getHostString(), where.getPort());
    }
  }

  synchronized boolean isServing() {
    return server != null;
  }

  private InetSocketAddress resolved() {
    return address.isUnresolved()
        ? new InetSocketAddress(address.getHostString(), address.getPort())
        : address;
  }

  /** Whether some port of the address is to be had, so that it is not the address that is wrong. */
  private static boolean isHere(InetSocketAddress address) {
    InetAddress host = address.getAddress();
    if (host == null) {
      return false;
    }
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, 0));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (server != null) {
      server.close();
    }
  }
}
