package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says whether there is enough to render: each service's first answer is waited for, for some time.
 * After that a service that cannot be read does not affect the others: its pool is what an earlier
 * run served, or empty. Only at the start, if Consul says nothing of any service or has too few
 * instances of every service, the configuration of an earlier run stays. Used by one thread.
 */
final class StartupGate {
  private final Duration timeout;

  /** The services that Consul has not answered for, and until when they are waited for. */
  private final Map<String, Duration> awaited = new TreeMap<>();

  private Decision decision = Decision.RENDER;

  /** What is to be done with what Consul says. */
  enum Decision {
    /** Wait for first answers; meanwhile the template that was applied last follows the others. */
    AWAIT_ANSWERS,
    /** Keep the configuration of an earlier run, as Consul says nothing. */
    KEEP_UNANSWERED,
    /** Keep the configuration of an earlier run, as Consul may have lost its data. */
    KEEP_IMPLAUSIBLE,
    RENDER;

    /**
     * The decision.
     *
     * @param awaiting whether the first answer of some service is still waited for
     * @param starting whether this process has not applied a configuration yet
     * @param configured whether there is a configuration of an earlier run
     * @param answered whether some service was answered, or there is none
     * @param implausible whether there are too few instances of every service
     */
    static Decision of(
        boolean awaiting,
        boolean starting,
        boolean configured,
        boolean answered,
        boolean implausible) {
      if (awaiting) {
        return AWAIT_ANSWERS;
      }
      if (!starting || !configured) {
        return RENDER;
      }
      if (!answered) {
        return KEEP_UNANSWERED;
      }
      return implausible ? KEEP_IMPLAUSIBLE : RENDER;
    }
  }

  /** Waits as long as the time-out for each service's first answer. */
  StartupGate(Duration timeout) {
    this.timeout = timeout;
  }

  /** Takes note of the services that have no answer; returns whether some are waited for. */
  boolean update(Set<String> unanswered, Duration now) {
    awaited.keySet().retainAll(unanswered);
    unanswered.forEach(service -> awaited.putIfAbsent(service, now.plus(timeout)));
    return nextTimeout(now).isPresent();
  }

  /** Until when the first answer of some service is waited for; empty if of none. */
  Optional<Duration> nextTimeout(Duration now) {
    return awaited.values().stream().filter(end -> now.compareTo(end) < 0).min(Duration::compareTo);
  }

  /** Takes note of a decision, and returns the one before. */
  Decision replace(Decision changed) {
    Decision before = decision;
    decision = changed;
    return before;
  }
}
