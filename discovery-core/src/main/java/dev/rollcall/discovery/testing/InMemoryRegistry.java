package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.internal.ConsulDiscovery;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A registry in memory that behaves as Consul does, for tests without network and without waiting.
 * {@link #connect()} gives the library as it is, with the registry in Consul's place: what it does
 * about lost data, outages and lapsed heartbeats is what it does in production.
 *
 * <pre>{@code
 * InMemoryRegistry registry = new InMemoryRegistry();
 * Discovery discovery = registry.connect();
 * Registration registration = discovery.register(web);
 * registry.forgetEverything();
 * registry.advance(Duration.ofSeconds(6)); // a heartbeat finds out
 * assertEquals(1, registry.passing("web").size());
 * }</pre>
 *
 * <p><b>Time stands still</b> until {@link #advance}: heartbeats, pauses between tries, the time to
 * live of checks and {@link dev.rollcall.discovery.Watch#age()} all go by the registry's clock.
 * Only {@link dev.rollcall.discovery.Registration#leave()} is bounded by real time, and {@link
 * dev.rollcall.discovery.LeaveOnTerminate}, which waits for real requests to cease. Registering,
 * and telling listeners, is the work of other threads as ever: {@link #settle()}, {@link #advance},
 * {@link #instances} and {@link #passing} wait until it is done.
 *
 * <p>Where it differs from an agent: HTTP, TCP and gRPC checks probe nothing, but pass after one
 * interval unless {@link #setStatus} says otherwise; a service is removed as soon as it has been
 * critical for {@link HealthCheck#deregisterAfter()}, while Consul looks every 30 s only; there is
 * one node and one datacenter; a query with a filter expression fails as {@link
 * ConsulFailure.Kind#REJECTED}; the address of a definition without one is {@code 127.0.0.1}.
 *
 * <p>This type is thread-safe.
 */
public final class InMemoryRegistry implements AutoCloseable {

  /** The name of the one node that holds what is registered. */
  public static final String NODE = "in-memory";

  /** The name of the one datacenter. */
  public static final String DATACENTER = "dc1";

  private final ManualClock time = new ManualClock();
  private final InMemoryCatalog entries = new InMemoryCatalog(time);
  private final LeakCheck leaks;

  /** So that no two connections choose the same at random. */
  private final AtomicInteger connections = new AtomicInteger();

  /** An empty registry that can be reached. */
  public InMemoryRegistry() {
    this(new LeakCheck());
  }

  InMemoryRegistry(LeakCheck leaks) {
    this.leaks = leaks;
  }

  /**
   * A connection with every default.
   *
   * @return an open connection, which {@link #close()} closes too
   */
  public Discovery connect() {
    return connect(ConsulOptions.builder().build());
  }

  /**
   * A connection, as if from another process.
   *
   * @param options the listener, the wait time and the leave timeout count; the rest is about a
   *     network, which there is none of
   * @return an open connection, which {@link #close()} closes too
   */
  public Discovery connect(ConsulOptions options) {
    return leaks.on(
        new ConsulDiscovery(
            options,
            new InMemoryConsul(entries, time, options.waitTime()),
            time,
            new ManualThreads(time),
            new Random(connections.incrementAndGet())));
  }

  /**
   * Registers a service as another process does that heartbeats once and then falls silent: it
   * passes for the time to live of its heartbeat, turns critical, and is removed.
   *
   * @param definition what to register
   */
  public void add(ServiceDefinition definition) {
    entries.register(held(definition));
    entries.heartbeat(definition.id(), HealthStatus.PASSING);
  }

  /**
   * Puts in an instance without a check, in place of the one with its id if there is one: it keeps
   * its status until somebody changes it.
   *
   * @param instance what watchers are to see
   */
  public void add(ServiceInstance instance) {
    entries.put(CatalogEntry.of(instance));
  }

  /**
   * Removes a service behind its owner's back.
   *
   * @param id the service id
   * @throws IllegalArgumentException if no service has the id
   */
  public void remove(String id) {
    settle();
    requireHeld(id, entries.remove(id));
  }

  /**
   * Sets what a service's checks say: the agent's own ones from now on, those of a service that has
   * only a heartbeat until the next one.
   *
   * @param id the service id
   * @param status the status; maintenance is no check's: see {@link #setMaintenance}
   * @throws IllegalArgumentException if no service has the id, or if the status is {@link
   *     HealthStatus#MAINTENANCE}
   */
  public void setStatus(String id, HealthStatus status) {
    if (status == HealthStatus.MAINTENANCE) {
      throw new IllegalArgumentException("no check says MAINTENANCE: call setMaintenance");
    }
    settle();
    requireHeld(id, entries.setStatus(id, status));
  }

  /**
   * Puts a service into maintenance, or ends that. In maintenance its status is {@link
   * HealthStatus#MAINTENANCE} whatever its checks say.
   *
   * @param id the service id
   * @param on whether it is to be in maintenance
   * @throws IllegalArgumentException if no service has the id
   */
  public void setMaintenance(String id, boolean on) {
    settle();
    requireHeld(id, entries.change(id, held -> held.maintained(on)));
  }

  /**
   * Loses all data and begins anew with low indexes, as an agent that keeps nothing across a
   * restart. Queries that wait lose their connection.
   */
  public void forgetEverything() {
    entries.lose();
  }

  /** Cannot be reached from now on: every call fails, and time goes on for the checks. */
  public void unavailable() {
    failWith(new ConsulFailure(ConsulFailure.Kind.UNAVAILABLE, "Connection refused"));
  }

  /**
   * Answers every call with a failure from now on.
   *
   * @param failure such as {@link ConsulFailure.Kind#FORBIDDEN}
   */
  public void failWith(ConsulFailure failure) {
    entries.fail(failure);
  }

  /** Can be reached again. Those who pause between tries come back as time passes. */
  public void available() {
    entries.fail(null);
  }

  /**
   * Lets time pass, and all that is due in it happen one after the other.
   *
   * @param by zero or more
   * @throws IllegalStateException as {@link #settle()}
   */
  public void advance(Duration by) {
    time.advance(by);
  }

  /**
   * Waits until all that was asked for is done: what was registered is registered, and listeners
   * have been told of the latest.
   *
   * @throws IllegalStateException if a listener has not returned after 10 s, or if the caller is a
   *     listener
   */
  public void settle() {
    time.settle();
  }

  /**
   * All instances of a service, {@linkplain #settle() settled}.
   *
   * @param service the service's name
   * @return immutable, sorted by id; whatever their status
   */
  public List<ServiceInstance> instances(String service) {
    settle();
    return entries.instances(service);
  }

  /**
   * The passing instances of a service, {@linkplain #settle() settled}.
   *
   * @param service the service's name
   * @return immutable, sorted by id
   */
  public List<ServiceInstance> passing(String service) {
    return instances(service).stream()
        .filter(instance -> instance.status() == HealthStatus.PASSING)
        .toList();
  }

  /** Closes every connection that is still open. Idempotent. */
  @Override
  public void close() {
    leaks.close();
  }

  static CatalogEntry held(ServiceDefinition definition) {
    return CatalogEntry.of(definition, NODE, DATACENTER);
  }

  private static void requireHeld(String id, boolean held) {
    if (!held) {
      throw new IllegalArgumentException("no service is registered under the id \"" + id + "\"");
    }
  }
}
