package dev.rollcall.discovery;

import java.util.ServiceLoader;
import java.util.function.Consumer;

/**
 * A connection to a Consul agent, or several of one cluster: registers services there and watches
 * the catalog through it.
 *
 * <p>This type is thread-safe. One {@code Discovery} per process is enough; it keeps a few daemon
 * threads, and two kinds of connections: a small pool for registrations and heartbeats, and one
 * connection for each watched query, so that watches can never starve a heartbeat.
 */
public interface Discovery extends AutoCloseable {

  /**
   * Makes a connection. Never blocks on Consul, and never throws because Consul is absent.
   *
   * @param options where Consul is and how to speak with it
   * @return an open connection; {@linkplain #close() close} it
   */
  static Discovery connect(ConsulOptions options) {
    return ServiceLoader.load(Provider.class, Provider.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("discovery-core's META-INF/services is missing"))
        .connect(options);
  }

  /**
   * Registers a service and keeps it registered and passing until {@link Registration#leave()}.
   *
   * <p>Returns at once, in state {@link RegistrationState#JOINING}. If Consul is absent, the
   * service joins when Consul appears; if Consul forgets it (data lost, or removed by somebody), it
   * joins again at once. Register after the server socket is bound, so that the port is known.
   *
   * @param definition what to register
   * @return the handle to watch its state and to leave
   * @throws IllegalStateException if this connection is closed, or if a registration with the same
   *     id is alive on it
   */
  Registration register(ServiceDefinition definition);

  /**
   * Watches the instances that a query finds. The listener gets the first snapshot as soon as
   * Consul has answered, then one for each change, always the latest: a slow listener skips
   * snapshots rather than queueing them. It is called on a thread of the library, never
   * concurrently with itself, and what it throws is logged and hurts nobody.
   *
   * <p>While Consul cannot be reached the last known snapshot stays; {@link Watch#age()} and {@link
   * Watch#stale()} tell how far to trust it.
   *
   * <p>Watches of equal queries share one connection to Consul. An agent takes 200 connections from
   * one client address (its {@code http_max_conns_per_client}); queries beyond {@link
   * ConsulOptions#connections()} are polled and see changes some seconds later. Where the agent
   * refuses a connection all the same (HTTP 429, or it hangs up), as others at the same address
   * have them, the watch keeps trying with growing pauses and says so. Heartbeats have their own
   * connections.
   *
   * @param query what to watch
   * @param listener told of each new snapshot
   * @return the handle to read and to close
   * @throws IllegalStateException if this connection is closed
   */
  Watch watch(ServiceQuery query, SnapshotListener listener);

  /**
   * Watches which services there are. As {@link #watch}, but the listener is told of names and tags
   * instead of instances, and Consul does not look at health: a name is there as long as one
   * instance is registered.
   *
   * @param query where to look
   * @param listener told of each new state
   * @return the handle to read and to close
   * @throws IllegalStateException if this connection is closed
   */
  Watched<CatalogServices> watchServices(
      CatalogQuery query, Consumer<? super CatalogServices> listener);

  /**
   * How the registrations and watches of this connection are doing.
   *
   * @return as of now; empty once the connection is closed
   */
  DiscoveryHealth health();

  /**
   * Leaves with every registration that has not left yet (bounded by {@link
   * ConsulOptions#leaveTimeout()}), ends every watch, and stops all threads and connections.
   * Idempotent.
   */
  @Override
  void close();

  /**
   * Makes the connections of {@link Discovery#connect}. The library brings its only implementation,
   * which a {@link ServiceLoader} finds.
   *
   * <p>Implementations are thread-safe.
   */
  interface Provider {

    /**
     * As {@link Discovery#connect}.
     *
     * @param options where Consul is and how to speak with it
     * @return an open connection
     */
    Discovery connect(ConsulOptions options);
  }
}
