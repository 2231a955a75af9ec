package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which instances of which services are listed at an endpoint, in whatever health, and since when.
 * Used by one thread.
 */
final class EndpointIndex {
  /** What is listed in the first snapshot may have been there for long. */
  private static final Duration ALWAYS = Duration.ofDays(-100_000);

  /**
   * One that is or was listed at an endpoint.
   *
   * @param since when it was first seen there
   * @param listed whether it still is
   */
  private record Listing(InstanceKey key, Duration since, boolean listed) {}

  private final Map<String, Map<Endpoint, List<Listing>>> services = new HashMap<>();
  private final Map<String, Pool> pools = new HashMap<>();
  private boolean started;

  /**
   * Begins with what an earlier run served.
   *
   * @param earlier instances that were listed when the earlier run ended
   */
  EndpointIndex(CatalogSnapshot earlier) {
    earlier
        .pools()
        .forEach((service, pool) -> services.put(service, changed(service, pool, false, ALWAYS)));
    started = !services.isEmpty();
  }

  /**
   * Takes note of what Consul says now.
   *
   * @param keepGone whether those that are gone are remembered: a service that shares its endpoint
   *     with another one must not look new when it comes back after an outage
   */
  void update(CatalogSnapshot seen, boolean keepGone, Duration now) {
    Duration since = started ? now : ALWAYS;
    started = started || seen.pools().values().stream().anyMatch(Pool::answered);
    services.keySet().retainAll(seen.pools().keySet());
    pools.keySet().retainAll(seen.pools().keySet());
    seen.pools()
        .forEach(
            (service, pool) -> {
              if (pool.answered() && !pool.equals(pools.put(service, pool))) {
                services.put(service, changed(service, pool, keepGone, since));
              }
            });
  }

  private Map<Endpoint, List<Listing>> changed(
      String service, Pool pool, boolean keepGone, Duration now) {
    Map<Endpoint, List<Listing>> before = services.getOrDefault(service, Map.of());
    Map<Endpoint, List<Listing>> after = new HashMap<>();
    for (ServiceInstance instance : pool.registeredInstances()) {
      InstanceKey key = InstanceKey.of(instance);
      Endpoint endpoint = Endpoint.of(instance);
      Listing listing =
          before.getOrDefault(endpoint, List.of()).stream()
              .filter(one -> one.key().equals(key))
              .findFirst()
              .map(one -> one.listed() ? one : new Listing(key, one.since(), true))
              .orElseGet(() -> new Listing(key, now, true));
      after.computeIfAbsent(endpoint, none -> new ArrayList<>(1)).add(listing);
    }
    if (keepGone) {
      before.forEach(
          (endpoint, listings) -> {
            List<Listing> there = after.computeIfAbsent(endpoint, none -> new ArrayList<>(1));
            listings.stream()
                .filter(old -> there.stream().noneMatch(listing -> listing.key().equals(old.key())))
                .map(old -> new Listing(old.key(), old.since(), false))
                .toList()
                .forEach(there::add);
          });
    }
    return after;
  }

  /** The service of a pool, of which there is one for each port and datacenter that is named. */
  private static String serviceOf(String pool) {
    return pool.split("[:@]", 2)[0];
  }

  /**
   * Whether an instance of another service is listed at the endpoint of one that is missing. If
   * both were listed there for some time, they are one process with two services: that is no
   * takeover.
   *
   * @param shared how long both must have been listed to be one process
   */
  boolean isTakenOver(String service, RetainedInstance missing, Duration shared) {
    Endpoint endpoint = Endpoint.of(missing.instance());
    return services.entrySet().stream()
        .filter(other -> !serviceOf(other.getKey()).equals(serviceOf(service)))
        .flatMap(other -> other.getValue().getOrDefault(endpoint, List.of()).stream())
        .anyMatch(
            listing ->
                listing.listed() && listing.since().plus(shared).compareTo(missing.since()) > 0);
  }
}
