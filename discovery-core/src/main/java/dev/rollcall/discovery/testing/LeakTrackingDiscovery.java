package dev.rollcall.discovery.testing;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryHealth;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.SnapshotListener;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import dev.rollcall.discovery.testing.LeakCheck.Leak;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** A connection that remembers what was opened on it. Thread-safe. */
final class LeakTrackingDiscovery implements Discovery {

  private record Resource(Leak leak, BooleanSupplier isClosed) {}

  private final Discovery connection;
  private final List<Resource> resources = new ArrayList<>();
  private volatile boolean closed;

  LeakTrackingDiscovery(Discovery connection) {
    this.connection = connection;
  }

  @Override
  public Registration register(ServiceDefinition definition) {
    Registration registration = connection.register(definition);
    track(
        "registration " + registration.id(),
        () -> registration.state().compareTo(RegistrationState.DRAINING) >= 0);
    return registration;
  }

  @Override
  public Watch watch(ServiceQuery query, SnapshotListener listener) {
    return tracked(Watch.class, connection.watch(query, listener), "watch of " + query.label());
  }

  @Override
  public List<ServiceInstance> instances(ServiceQuery query) {
    return connection.instances(query);
  }

  @Override
  @SuppressWarnings("unchecked")
  public Watched<CatalogServices> watchServices(
      CatalogQuery query, Consumer<? super CatalogServices> listener) {
    return tracked(
        Watched.class, connection.watchServices(query, listener), "watch of the services");
  }

  @Override
  public CompletableFuture<Boolean> leaveAsync() {
    return connection.leaveAsync();
  }

  @Override
  public DiscoveryHealth health() {
    return connection.health();
  }

  /** The same watch, except that it tells when it is closed. */
  private <W extends Watched<?>> W tracked(Class<W> type, W watch, String what) {
    AtomicBoolean isClosed = new AtomicBoolean();
    track(what, isClosed::get);
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                isClosed.set(true);
              }
              try {
                return method.invoke(watch, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private synchronized void track(String what, BooleanSupplier isClosed) {
    Leak leak = new Leak(what, new Throwable(what + " was opened here"));
    resources.add(new Resource(leak, isClosed));
  }

  /** What is open now. */
  synchronized List<Leak> leaks() {
    resources.removeIf(each -> each.isClosed().getAsBoolean());
    return closed ? List.of() : resources.stream().map(Resource::leak).toList();
  }

  @Override
  public void close() {
    closed = true;
    connection.close();
  }
}
