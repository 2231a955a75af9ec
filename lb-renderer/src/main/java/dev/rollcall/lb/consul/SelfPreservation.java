package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import dev.rollcall.lb.consul.PoolPreservation.State;
import dev.rollcall.lb.consul.SelfPreservationRules.Rule;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which losses that Consul reports are accepted before anything is rendered: a {@link
 * PoolPreservation} for each service, with its state. Used by one thread.
 */
public final class SelfPreservation {
  private final SelfPreservationRules rules;
  private final EndpointIndex endpoints;
  private SortedMap<String, State> pools = new TreeMap<>();
  private @Nullable Decision last;

  private record Decision(
      CatalogSnapshot seen,
      Set<String> services,
      Set<Endpoint> elsewhere,
      CatalogSnapshot accepted) {
    boolean isOf(CatalogSnapshot other, Set<String> others, Set<Endpoint> taken) {
      return seen.equals(other) && services.equals(others) && elsewhere.equals(taken);
    }
  }

  /**
   * Decides by these rules.
   *
   * @param earlier the instances of each service that an earlier run served
   */
  public SelfPreservation(SelfPreservationRules rules, Map<String, List<ServiceInstance>> earlier) {
    this.rules = rules;
    Map<String, Pool> before = new TreeMap<>();
    earlier.forEach((service, served) -> before.put(service, Pool.fromEarlierRun(served)));
    before.forEach((service, pool) -> pools.put(service, State.of(pool)));
    endpoints = new EndpointIndex(CatalogSnapshot.of(before));
  }

  /**
   * What to render of the services.
   *
   * @param seen what Consul says, of these and maybe others
   * @param services those that the template names
   * @param elsewhere endpoints that services have of which nothing is seen
   * @param now time since a fixed moment
   */
  public CatalogSnapshot accept(
      CatalogSnapshot seen, Set<String> services, Set<Endpoint> elsewhere, Duration now) {
    Decision known = last;
    if (known != null && known.isOf(seen, services, elsewhere) && nextDecision().isEmpty()) {
      return known.accepted(); // Asked every second, also of a thousand services.
    }
    CatalogSnapshot accepted = decide(seen, services, elsewhere, now);
    last = new Decision(seen, services, elsewhere, accepted);
    return accepted;
  }

  private CatalogSnapshot decide(
      CatalogSnapshot seen, Set<String> services, Set<Endpoint> elsewhere, Duration now) {
    boolean retaining = pools.values().stream().anyMatch(pool -> !pool.retained().isEmpty());
    endpoints.update(seen, retaining, now);
    SortedMap<String, State> decided = new TreeMap<>();
    for (String service : rules.servicesToWatch(services)) {
      State before = state(service);
      Pool pool = seen.pool(service);
      Rule rule = rules.of(service);
      State after =
          new PoolPreservation(rule)
              .decide(
                  before,
                  pool,
                  missing ->
                      elsewhere.contains(Endpoint.of(missing.instance()))
                          || endpoints.isTakenOver(service, missing, rule.grace()),
                  now);
      decided.put(service, after);
    }
    pools = decided;
    SortedMap<String, Pool> accepted = new TreeMap<>();
    for (String service : services) {
      accepted.put(service, served(service));
    }
    return new CatalogSnapshot(accepted);
  }

  /** The instances that are served now, by service; without those of fallbacks. */
  public Map<String, List<ServiceInstance>> served() {
    Map<String, List<ServiceInstance>> served = new TreeMap<>();
    pools.forEach(
        (service, pool) -> {
          if (!pool.isUnknown()) {
            served.put(service, pool.servedPool().instances());
          }
        });
    return served;
  }

  /** When some that are retained may be released, if nothing changes before. */
  public Optional<Duration> nextDecision() {
    return pools.values().stream()
        .flatMap(pool -> pool.nextDecision().stream())
        .min(Duration::compareTo);
  }

  /** What is retained, by service; only of services that have something retained. */
  public Map<String, List<RetainedInstance>> retained() {
    return pools.entrySet().stream()
        .filter(pool -> !pool.getValue().retained().isEmpty())
        .collect(Collectors.toMap(Map.Entry::getKey, pool -> pool.getValue().retained()));
  }

  /** The endpoints of those that are served and that Consul does not report as passing. */
  public Set<Endpoint> unconfirmedEndpoints() {
    Set<Endpoint> unconfirmed = new HashSet<>();
    for (State pool : pools.values()) {
      pool.retained().forEach(one -> unconfirmed.add(Endpoint.of(one.instance())));
      if (!pool.seen().answered()) {
        pool.seen().instances().forEach(instance -> unconfirmed.add(Endpoint.of(instance)));
      }
    }
    return unconfirmed;
  }

  /**
   * Whether what Consul says at the start is implausible: no service has what it is to have at
   * least, and nothing is known of what an earlier run served, which could stay instead.
   *
   * @param waited time since the start
   */
  public boolean isStartImplausible(CatalogSnapshot seen, Set<String> services, Duration waited) {
    return !services.isEmpty()
        && services.stream()
            .allMatch(
                service -> {
                  Rule rule = rules.of(service);
                  Pool pool = seen.pool(service);
                  // Those in maintenance are there, and their order holds at the start too.
                  int there = pool.instances().size() + pool.maintenance().size();
                  return there < rule.minServers()
                      && state(service).isUnknown()
                      && waited.compareTo(rule.grace()) < 0;
                });
  }

  private State state(String service) {
    return pools.getOrDefault(service, State.UNKNOWN);
  }

  private Pool served(String service) {
    Pool own = state(service).servedPool();
    Rule rule = rules.of(service);
    if (own.instances().size() < rule.minServers()
        && rule.policy() instanceof UndersizedPoolPolicy.Fallback fallback) {
      List<ServiceInstance> all = new ArrayList<>(own.instances());
      for (String other : fallback.services()) {
        if (all.size() < rule.minServers()) {
          all.addAll(state(other).servedPool().instances());
        }
      }
      all.sort(Comparator.comparing(InstanceKey::of));
      return own.withServed(all);
    }
    return own;
  }
}
