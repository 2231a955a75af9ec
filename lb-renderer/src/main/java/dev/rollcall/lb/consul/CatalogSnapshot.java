package dev.rollcall.lb.consul;

import dev.rollcall.lb.consul.Pool.InstanceKey;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The pools of all watched services at one moment. Immutable; equal to one with the same instances.
 *
 * @param pools the pools by service, sorted by its name
 */
public record CatalogSnapshot(SortedMap<String, Pool> pools) {
  /** Of no services. */
  public static final CatalogSnapshot EMPTY = new CatalogSnapshot(new TreeMap<>());

  /** Copies the map. */
  public CatalogSnapshot {
    pools = Collections.unmodifiableSortedMap(new TreeMap<>(pools));
  }

  /** Whether Consul has answered for every service. */
  public boolean complete() {
    return pools.values().stream().allMatch(Pool::answered);
  }

  /** The pool of a service; unknown if it is not among the watched ones. */
  public Pool pool(String service) {
    return pools.getOrDefault(service, Pool.unknown());
  }

  /** The same with another pool for one service. */
  public CatalogSnapshot with(String service, Pool pool) {
    SortedMap<String, Pool> changed = new TreeMap<>(pools);
    changed.put(service, pool);
    return new CatalogSnapshot(changed);
  }

  /** The same where some instances, by their service, cannot be served. */
  public CatalogSnapshot withRefused(Map<String, Set<InstanceKey>> refused) {
    SortedMap<String, Pool> changed = new TreeMap<>(pools);
    refused.forEach(
        (service, keys) ->
            changed.computeIfPresent(service, (name, pool) -> pool.withRefused(keys)));
    return new CatalogSnapshot(changed);
  }

  /** The same of the services given only: those it doesn't hold are unknown. */
  public CatalogSnapshot restrictedTo(Iterable<String> services) {
    SortedMap<String, Pool> kept = new TreeMap<>();
    for (String service : services) {
      kept.put(service, pool(service));
    }
    return new CatalogSnapshot(kept);
  }

  /** Of pools in any order. */
  public static CatalogSnapshot of(Map<String, Pool> pools) {
    return new CatalogSnapshot(new TreeMap<>(pools));
  }
}
