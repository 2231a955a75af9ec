package dev.rollcall.lb.consul;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.Watched;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The catalog as Consul has it: one watch for each pool, which a {@linkplain ServiceQuery#label()
 * label} names, such as {@code web} or {@code web@dc2}. All registered instances are watched, so
 * that a failed check is not taken for a deregistration. The library confirms with Consul's leader
 * what an answer takes out, so that neither an election nor a server that lags empties a pool.
 * Thread-safe.
 */
public final class ConsulCatalog implements Catalog, AutoCloseable {
  private final Discovery discovery;
  private final InstanceSelection selection;
  private final OutageCounter outages;
  private final Runnable changed;
  private final Map<String, Watch> watches = new HashMap<>();
  private final EndpointTakeoverWatcher takeovers;
  private @Nullable Watched<CatalogServices> list;
  private volatile CatalogSnapshot snapshot = CatalogSnapshot.EMPTY;

  /**
   * Watches nothing yet.
   *
   * @param discovery the way to Consul; the caller closes it
   * @param selection which instances may get traffic
   * @param outages the listener of {@code discovery}
   * @param changed run after each change of the snapshot, on a thread of the library; it must not
   *     block
   */
  public ConsulCatalog(
      Discovery discovery, InstanceSelection selection, OutageCounter outages, Runnable changed) {
    this.discovery = discovery;
    this.selection = selection;
    this.outages = outages;
    this.changed = changed;
    this.takeovers = new EndpointTakeoverWatcher(discovery, changed);
  }

  @Override
  public CatalogSnapshot snapshot() {
    return snapshot;
  }

  @Override
  public synchronized void watchOnly(Set<String> services) {
    closeAllBut(services, watches);
    outages.forgetAllBut(services);
    snapshot = snapshot.restrictedTo(services);
    for (String service : services) {
      watches.computeIfAbsent(
          service,
          name ->
              discovery.watch(selection.query(name), changed -> update(name, changed.instances())));
    }
  }

  @Override
  public synchronized Optional<Map<String, List<String>>> listServices(boolean wanted) {
    Watched<CatalogServices> known = list;
    if (known != null && !wanted) {
      known.close();
      list = null;
    } else if (known == null && wanted) {
      known = discovery.watchServices(CatalogQuery.services(), found -> changed.run());
      list = known;
    }
    return wanted && known != null ? known.current().map(CatalogServices::tags) : Optional.empty();
  }

  /** Closes and removes the watches of services that are not among those given. */
  static void closeAllBut(Set<String> services, Map<String, Watch> watches) {
    watches.forEach(
        (service, watch) -> {
          if (!services.contains(service)) {
            watch.close();
          }
        });
    watches.keySet().retainAll(services);
  }

  private void update(String service, List<ServiceInstance> registered) {
    Pool pool = Pool.fromConsul(registered, selection.worst(), outages.count(service));
    synchronized (this) {
      if (!snapshot.pools().containsKey(service)) {
        return; // It came from a watch that was closed meanwhile.
      }
      snapshot = snapshot.with(service, pool);
    }
    changed.run();
  }

  @Override
  public synchronized Set<Endpoint> endpointsOfOtherServices(Set<Endpoint> endpoints) {
    Set<String> own =
        watches.keySet().stream()
            .map(ServiceQuery::parse)
            .filter(query -> query.datacenter().isEmpty() && query.peer().isEmpty())
            .map(ServiceQuery::service)
            .collect(Collectors.toSet());
    takeovers.watch(endpoints, own);
    Set<Endpoint> found = takeovers.endpoints();
    found.retainAll(endpoints);
    return found;
  }

  @Override
  public synchronized Map<String, WatchStatus> watchStatus() {
    Map<String, WatchStatus> status = new TreeMap<>();
    watches.forEach(
        (service, watch) ->
            status.put(
                service,
                new WatchStatus(
                    watch.age(),
                    watch.stale(),
                    outages.failure(service),
                    watch.leftOut(),
                    watch.source())));
    return status;
  }

  /** Ends every watch; what is known stays. Idempotent. */
  @Override
  public synchronized void close() {
    closeAllBut(Set.of(), watches);
    takeovers.close();
    if (list != null) {
      list.close();
    }
  }
}
