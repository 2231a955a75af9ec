package dev.rollcall.lb.catalog;

import dev.rollcall.discovery.ServiceInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Stands between what Consul says and what is rendered: a {@link PoolGuard} for each service, with
 * what it remembers. Used by one thread.
 */
public final class Guard {
  private final GuardRules rules;
  private final EndpointIndex endpoints;
  private SortedMap<String, Guarded> pools = new TreeMap<>();
  private @Nullable Verdict last;

  /** What came of what was seen. */
  private record Verdict(
      CatalogView seen, Set<String> services, Set<Endpoint> elsewhere, CatalogView accepted) {
    boolean isOf(CatalogView other, Set<String> others, Set<Endpoint> taken) {
      return seen.equals(other) && services.equals(others) && elsewhere.equals(taken);
    }
  }

  /**
   * Guards by these rules.
   *
   * @param remembered the instances of each service that an earlier run served
   */
  public Guard(GuardRules rules, Map<String, List<ServiceInstance>> remembered) {
    this.rules = rules;
    Map<String, Pool> before = new TreeMap<>();
    remembered.forEach((service, served) -> before.put(service, Pool.remembered(served)));
    before.forEach((service, pool) -> pools.put(service, Guarded.of(pool)));
    endpoints = new EndpointIndex(CatalogView.of(before));
  }

  /** By service that has one, the service whose instances may help it out. */
  public Map<String, String> helpers(Set<String> services) {
    Map<String, String> helpers = new TreeMap<>();
    for (String service : services) {
      if (rules.of(service).policy() instanceof GuardPolicy.Fallback fallback) {
        helpers.put(service, fallback.service());
      }
    }
    return helpers;
  }

  /** How many servers a service is to have at least. */
  public int minServers(String service) {
    return rules.of(service).minServers();
  }

  /** The services to watch for a template that names these. */
  public SortedSet<String> watched(Set<String> services) {
    return rules.withFallbacks(services);
  }

  /**
   * What to render of the services.
   *
   * @param seen what Consul says, of these and maybe others
   * @param services those that the template names
   * @param elsewhere endpoints that services have of which nothing is seen
   * @param now time since a fixed moment
   */
  public CatalogView accept(
      CatalogView seen, Set<String> services, Set<Endpoint> elsewhere, Duration now) {
    Verdict known = last;
    if (known != null && known.isOf(seen, services, elsewhere) && due().isEmpty()) {
      return known.accepted(); // Asked every second, also of a thousand services.
    }
    CatalogView accepted = judged(seen, services, elsewhere, now);
    last = new Verdict(seen, services, elsewhere, accepted);
    return accepted;
  }

  private CatalogView judged(
      CatalogView seen, Set<String> services, Set<Endpoint> elsewhere, Duration now) {
    boolean holding = pools.values().stream().anyMatch(pool -> !pool.held().isEmpty());
    endpoints.see(seen, holding, now);
    SortedMap<String, Guarded> judged = new TreeMap<>();
    for (String service : watched(services)) {
      Guarded before = pools.getOrDefault(service, Guarded.UNKNOWN);
      Pool pool = seen.pools().getOrDefault(service, Pool.unknown());
      GuardRule rule = rules.of(service);
      Guarded after =
          new PoolGuard(rule)
              .judge(
                  before,
                  pool,
                  held ->
                      elsewhere.contains(Endpoint.of(held.instance()))
                          || endpoints.taken(service, held, rule.grace()),
                  now);
      judged.put(service, after);
    }
    pools = judged;
    SortedMap<String, Pool> accepted = new TreeMap<>();
    for (String service : services) {
      accepted.put(service, served(service));
    }
    return new CatalogView(accepted);
  }

  /**
   * The instances that are served now, by service; of each its own, without those that help out.
   */
  public Map<String, List<ServiceInstance>> served() {
    Map<String, List<ServiceInstance>> served = new TreeMap<>();
    pools.forEach(
        (service, pool) -> {
          if (!pool.unknown()) {
            served.put(service, pool.pool().instances());
          }
        });
    return served;
  }

  /** When some that are held may be let go, if nothing changes before. */
  public Optional<Duration> due() {
    return pools.values().stream().flatMap(pool -> pool.due().stream()).min(Duration::compareTo);
  }

  /** What is held, by service; nothing of those that have nothing held. */
  public Map<String, List<Held>> held() {
    return pools.entrySet().stream()
        .filter(pool -> !pool.getValue().held().isEmpty())
        .collect(Collectors.toMap(Map.Entry::getKey, pool -> pool.getValue().held()));
  }

  /**
   * Where those listen that are served though Consul doesn't call them passing, or says nothing of
   * them.
   */
  public Set<Endpoint> doubtful() {
    Set<Endpoint> doubtful = new HashSet<>();
    for (Guarded pool : pools.values()) {
      pool.held().forEach(held -> doubtful.add(Endpoint.of(held.instance())));
      if (!pool.seen().answered()) {
        pool.seen().instances().forEach(instance -> doubtful.add(Endpoint.of(instance)));
      }
    }
    return doubtful;
  }

  /** How long a loss of this service is not believed. */
  public Duration grace(String service) {
    return rules.of(service).grace();
  }

  /**
   * Whether what Consul says at the start is doubtful: no service has what it is to have at least,
   * and nothing is known of what an earlier run served, which could stay instead.
   *
   * @param waited time since the start
   */
  public boolean doubtsStart(CatalogView seen, Set<String> services, Duration waited) {
    return !services.isEmpty()
        && services.stream()
            .allMatch(
                service -> {
                  GuardRule rule = rules.of(service);
                  Pool pool = seen.pools().getOrDefault(service, Pool.unknown());
                  // Those in maintenance are there, and their order holds at the start too.
                  int there = pool.instances().size() + pool.maintenance().size();
                  return there < rule.minServers()
                      && pools.getOrDefault(service, Guarded.UNKNOWN).unknown()
                      && waited.compareTo(rule.grace()) < 0;
                });
  }

  private Pool served(String service) {
    Pool own = pools.getOrDefault(service, Guarded.UNKNOWN).pool();
    GuardRule rule = rules.of(service);
    if (own.instances().size() < rule.minServers()
        && rule.policy() instanceof GuardPolicy.Fallback fallback) {
      List<ServiceInstance> all = new ArrayList<>(own.instances());
      all.addAll(pools.getOrDefault(fallback.service(), Guarded.UNKNOWN).pool().instances());
      all.sort(Comparator.comparing(InstanceKey::of));
      return own.serving(all);
    }
    return own;
  }
}
