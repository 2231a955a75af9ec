package dev.rollcall.lb.catalog;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The pools of all watched services at one moment. Immutable; two views are equal if they hold the
 * same instances.
 *
 * @param pools the pools by service, sorted by its name
 */
public record CatalogView(SortedMap<String, Pool> pools) {
  /** Of no services. */
  public static final CatalogView EMPTY = new CatalogView(new TreeMap<>());

  /** Copies the map. */
  public CatalogView {
    pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
  }

  /** Whether Consul has answered for every service. */
  public boolean complete() {
    return pools.values().stream().allMatch(Pool::answered);
  }

  /** This view with another pool for one service. */
  public CatalogView with(String service, Pool pool) {
    SortedMap<String, Pool> changed = new TreeMap<>(pools);
    changed.put(service, pool);
    return new CatalogView(changed);
  }

  /** This view, of which some instances, by their service, cannot be served. */
  public CatalogView refusing(Map<String, Set<InstanceKey>> refused) {
    SortedMap<String, Pool> changed = new TreeMap<>(pools);
    refused.forEach(
        (service, keys) -> changed.computeIfPresent(service, (name, pool) -> pool.refusing(keys)));
    return new CatalogView(changed);
  }

  /** This view of the services given only: those it doesn't hold are unknown. */
  public CatalogView only(Iterable<String> services) {
    SortedMap<String, Pool> kept = new TreeMap<>();
    for (String service : services) {
      kept.put(service, pools.getOrDefault(service, Pool.unknown()));
    }
    return new CatalogView(kept);
  }

  /** A view of pools given as a map in any order. */
  public static CatalogView of(Map<String, Pool> pools) {
    return new CatalogView(new TreeMap<>(pools));
  }
}
