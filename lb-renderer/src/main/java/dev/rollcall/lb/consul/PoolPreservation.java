package dev.rollcall.lb.consul;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import dev.rollcall.lb.consul.RetainedInstance.Cause;
import dev.rollcall.lb.consul.SelfPreservationRules.Rule;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides which losses of one pool are accepted.
 *
 * <ul>
 *   <li>An instance that is deregistered while Consul answers has left: that is accepted at once.
 *   <li>One that fails its checks, or is unknown after an outage of Consul, is a loss. Losses are
 *       accepted only if they are few: if Consul lost its data, or heartbeats don't get through, it
 *       looks as if all had failed together. The others are retained for the grace time, as
 *       HAProxy's own checks find out within seconds which of them are dead.
 *   <li>One that passes and that the template would leave out counts as one that fails. It is
 *       served as it was registered before: no refusal empties a pool.
 *   <li>One whose check has not run yet, as after a restart of its agent, is retained for the grace
 *       time and is no loss. When its check fails it is decided anew.
 *   <li>One that is put into maintenance is released at once, also if it is the last one; and so is
 *       one whose endpoint is listed for another instance. Neither is a loss.
 *   <li>Whatever the reason, a pool does not fall below its minimum before the grace time is over.
 * </ul>
 *
 * <p>Immutable; decides only, and has no clock.
 */
record PoolPreservation(Rule rule) {
  /**
   * Where an instance listens under its id. A service that has moved to another agent is listed by
   * both, and counts as one instance, with the better health. If it fails on both nodes, what is
   * seen may be the node that it moved away from, and it has not left.
   */
  private record Location(String id, Endpoint endpoint) {
    static Location of(ServiceInstance instance) {
      return new Location(instance.id(), Endpoint.of(instance));
    }
  }

  /**
   * The next state of a pool: when Consul says something, or when time has passed.
   *
   * @param takenOver whether another service has the endpoint of one that is missing
   */
  State decide(State before, Pool seen, Predicate<RetainedInstance> takenOver, Duration now) {
    if (!seen.answered()) {
      return withoutTakenOver(before, takenOver, now);
    }
    if (rule.grace().isZero() || before.isUnknown()) {
      return State.of(seen);
    }
    if (before.retained().isEmpty() && seen.equals(before.seen())) {
      return before; // Nothing is missing, nothing can be released.
    }
    boolean tooFew = seen.instances().size() < rule.minServers();
    Set<InstanceKey> retainedBefore =
        before.retained().stream()
            .filter(one -> one.cause() != Cause.UNCHECKED)
            .map(RetainedInstance::key)
            .collect(Collectors.toSet());
    Map<InstanceKey, RetainedInstance> retained = new TreeMap<>();
    List<RetainedInstance> newLosses = new ArrayList<>();
    for (RetainedInstance missing : missing(before, seen, takenOver, now)) {
      if (isLoss(missing) && !retainedBefore.contains(missing.key())) {
        newLosses.add(missing);
      } else if (stays(missing, tooFew, now)) {
        retained.put(missing.key(), missing);
      }
    }
    Map<InstanceKey, Duration> acceptedLosses = recent(before.acceptedLosses(), seen, now);
    int lost =
        newLosses.size()
            + acceptedLosses.size()
            + (int) retained.values().stream().filter(PoolPreservation::isLoss).count();
    boolean accepted = !tooFew && !rule.isTooLarge(lost, lost + seen.instances().size());
    for (RetainedInstance one : newLosses) {
      if (accepted) {
        acceptedLosses.put(one.key(), now);
      } else {
        retained.put(one.key(), one);
      }
    }
    List<RetainedInstance> all = List.copyOf(retained.values());
    return new State(seen, all, acceptedLosses, nextDecision(all, now));
  }

  /**
   * What is served of a service of which Consul says nothing: what was, as far as nobody else has
   * the endpoint.
   */
  private static State withoutTakenOver(
      State before, Predicate<RetainedInstance> takenOver, Duration now) {
    if (before.seen().answered()) {
      return before;
    }
    List<ServiceInstance> kept =
        before.seen().instances().stream()
            .filter(instance -> !takenOver.test(new RetainedInstance(instance, Cause.LOST, now)))
            .toList();
    return kept.size() == before.seen().instances().size()
        ? before
        : State.of(Pool.fromEarlierRun(kept));
  }

  /** Those that were served and that Consul doesn't call passing now, with the reason. */
  private static List<RetainedInstance> missing(
      State before, Pool seen, Predicate<RetainedInstance> takenOver, Duration now) {
    Set<InstanceKey> settled =
        settled(seen).stream().map(InstanceKey::of).collect(Collectors.toSet());
    // Mostly few are, and what follows is only for them.
    List<ServiceInstance> unsettled =
        before.seen().instances().stream()
            .filter(one -> !settled.contains(InstanceKey.of(one)))
            .toList();
    if (unsettled.isEmpty() && before.retained().isEmpty()) {
      return List.of();
    }
    Set<Endpoint> endpoints = settled(seen).stream().map(Endpoint::of).collect(Collectors.toSet());
    Map<InstanceKey, Cause> causes = new HashMap<>();
    Map<Location, Cause> locations = new HashMap<>();
    for (ServiceInstance failing : seen.failing()) {
      causes.put(InstanceKey.of(failing), cause(failing));
      locations.put(Location.of(failing), cause(failing));
    }
    for (ServiceInstance refused : seen.refused()) {
      causes.put(InstanceKey.of(refused), Cause.REFUSED);
      locations.put(Location.of(refused), Cause.REFUSED);
    }
    Stream.concat(before.retained().stream().map(RetainedInstance::instance), unsettled.stream())
        .forEach(
            one -> {
              Cause there = locations.get(Location.of(one));
              if (there != null) {
                causes.putIfAbsent(InstanceKey.of(one), there);
              }
            });
    boolean outage = seen.outages() != before.seen().outages();
    Cause gone = outage ? Cause.LOST : Cause.LEFT;
    List<RetainedInstance> served = new ArrayList<>();
    before.retained().forEach(one -> served.add(one.withCause(stillMissing(one, causes, gone))));
    for (ServiceInstance instance : unsettled) {
      Cause cause = causes.getOrDefault(InstanceKey.of(instance), gone);
      served.add(new RetainedInstance(instance, cause, now));
    }
    return served.stream()
        .filter(one -> !settled.contains(one.key()))
        // Who listens where a missing one did has taken its place.
        .filter(one -> !endpoints.contains(Endpoint.of(one.instance())))
        .filter(one -> !takenOver.test(one))
        .toList();
  }

  /** Those that may get traffic, and those that must not. */
  private static List<ServiceInstance> settled(Pool seen) {
    return Stream.concat(seen.instances().stream(), seen.maintenance().stream()).toList();
  }

  private static Cause cause(ServiceInstance failing) {
    return failing.status() == HealthStatus.UNCHECKED ? Cause.UNCHECKED : Cause.FAILING;
  }

  private static boolean isLoss(RetainedInstance one) {
    return one.cause() != Cause.LEFT && one.cause() != Cause.UNCHECKED;
  }

  private static Cause stillMissing(
      RetainedInstance one, Map<InstanceKey, Cause> causes, Cause gone) {
    // Consul removes what has failed for long: that is no leave.
    Cause unlisted = one.cause() == Cause.FAILING ? Cause.LOST : one.cause();
    boolean listed = unlisted == Cause.REFUSED || unlisted == Cause.UNCHECKED;
    return causes.getOrDefault(one.key(), listed ? gone : unlisted);
  }

  private boolean stays(RetainedInstance one, boolean tooFew, Duration now) {
    boolean over = one.since().plus(rule.grace()).compareTo(now) <= 0;
    if (one.cause() == Cause.LEFT) {
      return tooFew && !over;
    }
    return !over || (tooFew && rule.policy() instanceof UndersizedPoolPolicy.Hold);
  }

  private Map<InstanceKey, Duration> recent(
      Map<InstanceKey, Duration> losses, Pool seen, Duration now) {
    Map<InstanceKey, Duration> recent = new HashMap<>(losses);
    recent.values().removeIf(at -> at.plus(rule.grace()).compareTo(now) <= 0);
    settled(seen).forEach(instance -> recent.remove(InstanceKey.of(instance)));
    return recent;
  }

  private Optional<Duration> nextDecision(List<RetainedInstance> retained, Duration now) {
    return retained.stream()
        .map(one -> one.since().plus(rule.grace()))
        .filter(end -> end.compareTo(now) > 0)
        .min(Duration::compareTo);
  }

  /**
   * A pool as it is served, and what the next decision needs. Immutable.
   *
   * @param seen what Consul said last
   * @param retained instances that Consul did not call passing and that are served all the same
   * @param acceptedLosses when a loss of an instance was accepted
   * @param nextDecision when some that are retained may be released, if nothing changes before
   */
  record State(
      Pool seen,
      List<RetainedInstance> retained,
      Map<InstanceKey, Duration> acceptedLosses,
      Optional<Duration> nextDecision) {

    /** A pool of which nothing is known yet. */
    static final State UNKNOWN = of(Pool.unknown());

    /** Copies the collections. */
    State {
      retained = List.copyOf(retained);
      acceptedLosses = Map.copyOf(acceptedLosses);
    }

    /** Whether there is nothing to compare with what Consul says. */
    boolean isUnknown() {
      return !seen.answered() && seen.instances().isEmpty();
    }

    /** A pool that is accepted as it is. */
    static State of(Pool seen) {
      return new State(seen, List.of(), Map.of(), Optional.empty());
    }

    Pool servedPool() {
      if (retained.isEmpty()) {
        return seen.withServed(seen.instances());
      }
      List<ServiceInstance> served = new ArrayList<>(seen.instances());
      retained.forEach(one -> served.add(one.instance()));
      served.sort(Comparator.comparing(InstanceKey::of));
      return seen.withServed(served);
    }
  }
}
