package dev.rollcall.lb.consul;

import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Watch;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The catalog as Consul has it: one watch per service. All registered instances are watched, so
 * that one that fails its checks can be told from one that left; and each answer is one that
 * Consul's servers agree on, so that an election empties no pool. Thread-safe.
 */
public final class ConsulCatalog implements Catalog, AutoCloseable {
  private final Discovery discovery;
  private final HealthStatus worst;
  private final OutageCounter interruptions;
  private final Runnable changed;
  private final Map<String, Watch> watches = new HashMap<>();
  private final EndpointTakeoverWatcher others;
  private volatile CatalogSnapshot view = CatalogSnapshot.EMPTY;

  /**
   * Watches nothing yet.
   *
   * @param discovery the way to Consul; closing it is the caller's affair
   * @param worst instances in this health or a better one may get traffic
   * @param interruptions told by {@code discovery} of every failure
   * @param changed told after each change of the view, on a thread of the library; it must only
   *     take note
   */
  public ConsulCatalog(
      Discovery discovery, HealthStatus worst, OutageCounter interruptions, Runnable changed) {
    this.discovery = discovery;
    this.worst = worst;
    this.interruptions = interruptions;
    this.changed = changed;
    this.others = new EndpointTakeoverWatcher(discovery, changed);
  }

  @Override
  public CatalogSnapshot snapshot() {
    return view;
  }

  @Override
  public synchronized void watchOnly(Set<String> services) {
    for (Iterator<Map.Entry<String, Watch>> it = watches.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<String, Watch> entry = it.next();
      if (!services.contains(entry.getKey())) {
        entry.getValue().close();
        it.remove();
      }
    }
    view = view.restrictedTo(services);
    for (String service : services) {
      watches.computeIfAbsent(
          service,
          name ->
              discovery.watch(
                  query(name),
                  snapshot ->
                      learn(
                          name,
                          Pool.fromConsul(
                              snapshot.instances(), worst, interruptions.count(name)))));
    }
  }

  private static ServiceQuery query(String service) {
    return ServiceQuery.service(service)
        .worst(HealthStatus.CRITICAL)
        .consistency(Consistency.CONSISTENT);
  }

  private void learn(String service, Pool pool) {
    synchronized (this) {
      if (!view.pools().containsKey(service)) {
        return; // The last word of a watch that was closed.
      }
      view = view.with(service, pool);
    }
    changed.run();
  }

  @Override
  public synchronized Set<Endpoint> endpointsOfOtherServices(Set<Endpoint> endpoints) {
    others.watch(endpoints, view.pools().keySet());
    Set<Endpoint> taken = others.endpoints();
    taken.retainAll(endpoints);
    return taken;
  }

  @Override
  public synchronized Map<String, WatchStatus> watchStatus() {
    Map<String, WatchStatus> freshness = new TreeMap<>();
    watches.forEach(
        (service, watch) ->
            freshness.put(
                service,
                new WatchStatus(
                    watch.age(), watch.stale(), interruptions.failure(service), watch.leftOut())));
    return freshness;
  }

  /** Ends every watch; what is known stays. Idempotent. */
  @Override
  public synchronized void close() {
    watches.values().forEach(Watch::close);
    watches.clear();
    others.close();
  }
}
