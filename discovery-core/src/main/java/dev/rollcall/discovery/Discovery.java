package dev.rollcall.discovery;

import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A connection to a Consul agent, or several of one cluster: registers services there and watches
 * the catalog through it.
 *
 * <p>This type is thread-safe. One {@code Discovery} per process is enough; it keeps a few daemon
 * threads, and two kinds of connections: a small pool for registrations and heartbeats, and one
 * connection for each watched query, so that watches can never starve a heartbeat.
 *
 * <p>The library implements this interface, {@link Registration}, {@link Watched} and {@link
 * Watch}; later versions may add methods to them.
 */
public interface Discovery extends AutoCloseable {

  /**
   * Makes a connection as the environment says: {@link ConsulOptions#fromEnvironment()}. Never
   * blocks on Consul, and never throws because Consul is absent.
   *
   * @return an open connection; {@linkplain #close() close} it
   * @throws IllegalArgumentException if a variable is wrong; the message is one line that names the
   *     variable, its value and what is wanted
   */
  static Discovery connect() {
    return connect(ConsulOptions.fromEnvironment());
  }

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
   * ConsulOptions#connections()} are polled: soon after a check of the service has changed, and
   * otherwise some seconds later. Where the agent refuses a connection all the same (HTTP 429, or
   * it hangs up), as others at the same address have them, the watch keeps trying with growing
   * pauses and says so. Heartbeats have their own connections.
   *
   * @param query what to watch
   * @param listener told of each new snapshot
   * @return the handle to read and to close
   * @throws IllegalStateException if this connection is closed
   */
  Watch watch(ServiceQuery query, SnapshotListener listener);

  /**
   * Watches the instances that a query finds, for those who only read {@link Watch#instances()}.
   *
   * @param query what to watch
   * @return the handle to read and to close
   * @throws IllegalStateException if this connection is closed
   */
  default Watch watch(ServiceQuery query) {
    return watch(query, snapshot -> {});
  }

  /**
   * Watches the passing instances of a service, for those who only read {@link Watch#instances()}.
   *
   * @param service the service's name
   * @return the handle to read and to close
   * @throws IllegalArgumentException if it is no service's name
   * @throws IllegalStateException if this connection is closed
   */
  default Watch watch(String service) {
    return watch(ServiceQuery.service(service));
  }

  /**
   * Reads once which instances a query finds; for a job that asks once. A service that asks again
   * and again watches. Blocks: an agent that does not answer takes {@link
   * ConsulOptions#callTimeout()}, and then the next one is asked if there are several. Where a
   * token may have to be checked, up to two more such calls are made.
   *
   * @param query what to read
   * @return immutable; in the order of {@link Snapshot#instances()}
   * @throws ConsulException if no agent has given a usable answer
   * @throws IllegalStateException if this connection is closed
   */
  List<ServiceInstance> instances(ServiceQuery query);

  /**
   * Reads once the passing instances of a service, as {@link #instances(ServiceQuery)}.
   *
   * @param service the service's name
   * @return immutable, sorted by id
   * @throws ConsulException if no agent has given a usable answer
   * @throws IllegalArgumentException if it is no service's name
   * @throws IllegalStateException if this connection is closed
   */
  default List<ServiceInstance> instances(String service) {
    return instances(ServiceQuery.service(service));
  }

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
   * Begins to leave with every registration that has not left yet, as {@link
   * Registration#leaveAsync()}; watches go on.
   *
   * @return completes with true if Consul confirmed that all are gone, within the bound of {@link
   *     Registration#leave()}; never exceptionally
   */
  CompletableFuture<Boolean> leaveAsync();

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
