package dev.rollcall.lb.reconcile;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.routing.ServiceSelector;
import dev.rollcall.lb.routing.ServiceSelector.Selection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;

/**
 * The services that a template ranges over, as they come and go, and their routes.
 *
 * <ul>
 *   <li>A service comes when Consul lists it and the operator's rule selects it.
 *   <li>One that Consul does not list any more goes when its pool is empty: that is what
 *       self-preservation accepts. So no answer that is empty by mistake takes a service out.
 *   <li>One that is not listed, and of which only lost instances are retained, goes after the grace
 *       time, unless that is so of more services at once than self-preservation accepts of the
 *       instances of a pool.
 *   <li>One that is listed and that the rule does not select any more goes at once.
 * </ul>
 *
 * <p>Used by one thread.
 */
final class SelectedServices {
  private final ServiceSelector selector;
  private final RoutingRules rules;
  private final SelfPreservationRules guard;
  private SortedSet<String> selected = new TreeSet<>();
  private SortedMap<String, String> refused = new TreeMap<>();
  private Map<String, Duration> missingSince = new HashMap<>();
  private Map<String, String> owners;
  private Decision last = new Decision(port -> false, Map.of(), Map.of(), RouteTable.EMPTY);

  private record Decision(
      IntPredicate bound,
      Map<String, String> owners,
      Map<String, List<ServiceInstance>> instances,
      RouteTable routes) {}

  /**
   * With what an earlier run served.
   *
   * @param served the instances of each service
   * @param owners which service had each route, by its key
   */
  SelectedServices(
      ServiceSelector selector,
      RoutingRules rules,
      SelfPreservationRules guard,
      Map<String, List<ServiceInstance>> served,
      Map<String, String> owners) {
    this.selector = selector;
    this.rules = rules;
    this.guard = guard;
    this.owners = Map.copyOf(owners);
    served.forEach(
        (service, instances) -> {
          List<String> tags = instances.stream().flatMap(one -> one.tags().stream()).toList();
          if (selector.matches(service, tags)) {
            selected.add(service);
          }
        });
  }

  /** Whether there can be any. */
  boolean isOff() {
    return selector.isNone();
  }

  /**
   * Decides which there are.
   *
   * @param listed the tags of each service that Consul has; empty if it has not answered
   * @param seen what Consul says of their instances
   * @param served what is served of each
   * @return what is to be watched
   */
  SortedSet<String> update(
      Optional<Map<String, List<String>>> listed,
      CatalogSnapshot seen,
      Map<String, List<ServiceInstance>> served,
      Duration now) {
    if (listed.isPresent()) {
      Map<String, Collection<String>> there = new HashMap<>(listed.get());
      Map<String, Duration> missing = new HashMap<>();
      for (String service : selected) {
        boolean serves = !served.getOrDefault(service, List.of()).isEmpty();
        if (!there.containsKey(service) && serves) {
          missing.put(service, missingSince.getOrDefault(service, now));
        }
      }
      missingSince = missing;
      released(seen, now).forEach(missing::remove);
      // Those that stay count as listed with the tags that they had: the rule has selected them.
      missing.keySet().forEach(service -> there.put(service, selector.tags()));
      Selection selection = selector.select(there, selected);
      selected = selection.services();
      refused = selection.refused();
    }
    return Collections.unmodifiableSortedSet(selected);
  }

  /** Those of which there are but lost instances, for long enough and not too many at once. */
  private Set<String> released(CatalogSnapshot seen, Duration now) {
    Set<String> gone = new HashSet<>();
    Set<String> due = new HashSet<>();
    missingSince.forEach(
        (service, since) -> {
          Pool pool = seen.pool(service);
          if (pool.answered() && pool.registeredInstances().isEmpty()) {
            gone.add(service);
            if (since.plus(guard.of(service).grace()).compareTo(now) <= 0) {
              due.add(service);
            }
          }
        });
    due.removeIf(
        service -> gone.size() * 100L > (long) guard.of(service).shrink() * selected.size());
    return due;
  }

  /**
   * Decides their routes: of those whose instances are known.
   *
   * @param bound whether HAProxy listens at a port by the template alone; the same one for the same
   *     template
   */
  RouteTable route(
      CatalogSnapshot seen, Map<String, List<ServiceInstance>> served, IntPredicate bound) {
    Map<String, List<ServiceInstance>> instances = new TreeMap<>();
    for (String service : selected) {
      List<ServiceInstance> all = new ArrayList<>(seen.pool(service).registeredInstances());
      if (all.isEmpty()) {
        all.addAll(served.getOrDefault(service, List.of()));
      }
      if (!all.isEmpty()) {
        instances.put(service, all);
      }
    }
    Decision known = last;
    if (known.bound() == bound
        && known.owners().equals(owners)
        && known.instances().equals(instances)) {
      return known.routes(); // Asked every second.
    }
    RouteTable routes = RouteTable.decide(owners, instances, rules, bound);
    last = new Decision(bound, owners, instances, routes);
    return routes;
  }

  /** Routes are in use: their services keep them. */
  void keep(RouteTable routes) {
    owners = routes.owners();
  }

  /** The services that are selected. */
  SortedSet<String> services() {
    return Collections.unmodifiableSortedSet(selected);
  }

  /** The services that the rule allows and that cannot be had, each with the reason. */
  SortedMap<String, String> refused() {
    return Collections.unmodifiableSortedMap(refused);
  }

  /** Which service has each route, by its key. */
  Map<String, String> owners() {
    return owners;
  }
}
