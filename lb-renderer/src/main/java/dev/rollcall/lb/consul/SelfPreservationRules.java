package dev.rollcall.lb.consul;

import java.time.Duration;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How the pools are guarded. Immutable.
 *
 * @param shrink see {@link GuardRule#shrink}
 * @param grace see {@link GuardRule#grace}
 * @param minServers see {@link GuardRule#minServers}
 * @param policy see {@link GuardRule#policy}
 */
public record SelfPreservationRules(
    PerService<Integer> shrink,
    PerService<Duration> grace,
    PerService<Integer> minServers,
    PerService<GuardPolicy> policy) {

  /** The rule for one service. */
  GuardRule of(String service) {
    return new GuardRule(
        shrink.of(service), grace.of(service), minServers.of(service), policy.of(service));
  }

  /** These services, and those that help them out. */
  SortedSet<String> withFallbacks(Set<String> services) {
    SortedSet<String> all = new TreeSet<>(services);
    for (String service : services) {
      if (policy.of(service) instanceof GuardPolicy.Fallback fallback) {
        all.add(fallback.service());
      }
    }
    return all;
  }
}
