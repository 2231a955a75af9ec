package dev.rollcall.lb.reconcile;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Says whether there is enough to render: each service's first answer is waited for, for some time.
 * After that the reconciler makes do with what there is, so that a service that cannot be read does
 * not affect the others: its pool is what an earlier run served, or empty. Only at the start, if
 * Consul says nothing of any service or has too few instances of every service, the configuration
 * of an earlier run stays as it is. Used by one thread.
 */
final class StartupGate {
  private final Duration timeout;

  /** The services that Consul has not answered for, and until when they are waited for. */
  private final Map<String, Duration> awaited = new TreeMap<>();

  /** What is to be done with what Consul says. */
  enum Decision {
    /** Wait for first answers; meanwhile the template that was applied last follows the others. */
    AWAIT_ANSWERS,
    /** Keep the configuration of an earlier run, as Consul says nothing. */
    KEEP_UNANSWERED,
    /** Keep the configuration of an earlier run, as Consul may have lost its data. */
    KEEP_IMPLAUSIBLE,
    /** Render. */
    RENDER
  }

  /**
   * What is so when it is decided.
   *
   * @param awaiting whether the first answer of some service is still waited for
   * @param starting whether this process has not applied a configuration yet
   * @param configured whether there is a configuration of an earlier run
   * @param answered whether some service was answered, or there is none
   * @param implausible whether there are too few instances of every service
   */
  record Situation(
      boolean awaiting,
      boolean starting,
      boolean configured,
      boolean answered,
      boolean implausible) {
    Decision decide() {
      if (awaiting) {
        return Decision.AWAIT_ANSWERS;
      }
      if (!starting || !configured) {
        return Decision.RENDER;
      }
      if (!answered) {
        return Decision.KEEP_UNANSWERED;
      }
      return implausible ? Decision.KEEP_IMPLAUSIBLE : Decision.RENDER;
    }
  }

  /**
   * Waits for first answers.
   *
   * @param timeout how long for each service
   */
  StartupGate(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * Takes note of the services that have no answer; returns whether they are others than before.
   */
  boolean update(Set<String> unanswered, Duration now) {
    boolean changed = awaited.keySet().retainAll(unanswered);
    for (String service : unanswered) {
      changed |= awaited.putIfAbsent(service, now.plus(timeout)) == null;
    }
    return changed;
  }

  /** Until when the first answer of some service is waited for; empty if of none. */
  Optional<Duration> nextTimeout(Duration now) {
    return awaited.values().stream().filter(end -> now.compareTo(end) < 0).min(Duration::compareTo);
  }
}
