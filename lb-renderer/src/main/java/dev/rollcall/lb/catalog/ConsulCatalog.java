package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Watch;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The catalog as Consul has it: one watch per service. Thread-safe. */
public final class ConsulCatalog implements Catalog, AutoCloseable {
  private final Discovery discovery;
  private final Runnable changed;
  private final Map<String, Watch> watches = new HashMap<>();
  private volatile CatalogView view = CatalogView.EMPTY;

  /**
   * Watches nothing yet.
   *
   * @param discovery the way to Consul; closing it is the caller's affair
   * @param changed told after each change of the view, on a thread of the library; it must only
   *     take note
   */
  public ConsulCatalog(Discovery discovery, Runnable changed) {
    this.discovery = discovery;
    this.changed = changed;
  }

  @Override
  public CatalogView view() {
    return view;
  }

  @Override
  public synchronized void watchExactly(Set<String> services) {
    for (Iterator<Map.Entry<String, Watch>> it = watches.entrySet().iterator(); it.hasNext(); ) {
      Map.Entry<String, Watch> entry = it.next();
      if (!services.contains(entry.getKey())) {
        entry.getValue().close();
        it.remove();
      }
    }
    view = view.only(services);
    for (String service : services) {
      watches.computeIfAbsent(
          service,
          name ->
              discovery.watch(
                  ServiceQuery.service(name),
                  snapshot -> learn(name, Pool.of(snapshot.instances()))));
    }
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
  public synchronized Map<String, Freshness> freshness() {
    Map<String, Freshness> freshness = new TreeMap<>();
    watches.forEach(
        (service, watch) -> freshness.put(service, new Freshness(watch.age(), watch.stale())));
    return freshness;
  }

  /** Ends every watch; what is known stays. Idempotent. */
  @Override
  public synchronized void close() {
    watches.values().forEach(Watch::close);
    watches.clear();
  }
}
