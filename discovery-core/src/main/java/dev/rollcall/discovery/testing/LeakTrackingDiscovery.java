package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.SnapshotListener;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.testing.LeakCheck.Leak;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A connection that remembers what was opened on it. Thread-safe. */
final class LeakTrackingDiscovery implements Discovery {

  private final Discovery connection;
  private final Map<Registration, Leak> registrations =
      Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<Watched<?>, Leak> watches = Collections.synchronizedMap(new LinkedHashMap<>());
  private volatile boolean closed;

  LeakTrackingDiscovery(Discovery connection) {
    this.connection = connection;
  }

  @Override
  public Registration register(ServiceDefinition definition) {
    Registration registration = connection.register(definition);
    registrations.put(registration, leak("registration " + registration.id()));
    return registration;
  }

  @Override
  public Watch watch(ServiceQuery query, SnapshotListener listener) {
    return opened(
        new CheckedInstances(connection.watch(query, listener)), "watch of " + query.service());
  }

  @Override
  public Watched<CatalogServices> watchServices(
      CatalogQuery query, Consumer<? super CatalogServices> listener) {
    return opened(
        new CheckedWatch<>(connection.watchServices(query, listener)), "watch of the services");
  }

  @Override
  public DiscoveryHealth health() {
    return connection.health();
  }

  private <W extends CheckedWatch<?>> W opened(W watch, String what) {
    watches.put(watch, leak(what));
    return watch;
  }

  private static Leak leak(String what) {
    return new Leak(what, new Throwable(what + " was opened here"));
  }

  /** What is open now. */
  Stream<Leak> leaks() {
    if (closed) {
      return Stream.empty();
    }
    synchronized (registrations) {
      registrations
          .keySet()
          .removeIf(known -> known.state().compareTo(RegistrationState.DRAINING) >= 0);
    }
    return Stream.of(registrations, watches).flatMap(open -> copy(open).stream());
  }

  private static List<Leak> copy(Map<?, Leak> open) {
    synchronized (open) {
      return List.copyOf(open.values());
    }
  }

  @Override
  public void close() {
    closed = true;
    connection.close();
  }

  /** A watch that tells when it is closed. */
  private class CheckedWatch<S> implements Watched<S> {
    private final Watched<S> watch;

    CheckedWatch(Watched<S> watch) {
      this.watch = watch;
    }

    @Override
    public Optional<S> current() {
      return watch.current();
    }

    @Override
    public Duration age() {
      return watch.age();
    }

    @Override
    public boolean stale() {
      return watch.stale();
    }

    @Override
    public List<String> leftOut() {
      return watch.leftOut();
    }

    @Override
    public void close() {
      watches.remove(this);
      watch.close();
    }
  }

  /** The same of instances. */
  private final class CheckedInstances extends CheckedWatch<Snapshot> implements Watch {
    private final ServiceQuery query;

    CheckedInstances(Watch watch) {
      super(watch);
      query = watch.query();
    }

    @Override
    public ServiceQuery query() {
      return query;
    }
  }
}
