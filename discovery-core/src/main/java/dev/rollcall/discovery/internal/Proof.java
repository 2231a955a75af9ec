package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;
import java.time.Duration;

/**
 * How it is found out, again and again, that the agent still holds a service: by its heartbeat, or
 * for want of one by asking.
 */
sealed interface Proof {

  /** The proof for a service. */
  static Proof of(ServiceDefinition definition) {
    return definition
        .heartbeat()
        .<Proof>map(check -> new Heartbeat(check.ttl()))
        .orElseGet(
            () ->
                new Look(
                    definition.checks().stream()
                        .filter(HealthCheck.Probe.class::isInstance)
                        .map(check -> ((HealthCheck.Probe) check).schedule().interval())
                        .reduce(Look.SLOW, Durations::shorter)));
  }

  /** Asks the agent, and tells in what health the service is; unknown if it does not hold it. */
  Answer<HealthStatus> ask(Agent agent, String id);

  /** Time to the next one. */
  Duration rhythm(HealthStatus status);

  /** How long one holds. */
  Duration holds();

  /** The heartbeat: three within the time that one holds. */
  record Heartbeat(Duration ttl) implements Proof {
    @Override
    public Answer<HealthStatus> ask(Agent agent, String id) {
      return agent.beat(id) instanceof Answer.Failed<Done> failed
          ? new Answer.Failed<>(failed.failure())
          : new Answer.Ok<>(HealthStatus.PASSING);
    }

    @Override
    public Duration rhythm(HealthStatus status) {
      return ttl.dividedBy(3);
    }

    @Override
    public Duration holds() {
      return ttl;
    }
  }

  /** A look at the agent: seldom, but as often as it probes while the service does not pass. */
  record Look(Duration probes) implements Proof {
    private static final Duration SLOW = Duration.ofSeconds(30);

    @Override
    public Answer<HealthStatus> ask(Agent agent, String id) {
      return agent.health(id);
    }

    @Override
    public Duration rhythm(HealthStatus status) {
      return status == HealthStatus.PASSING ? SLOW : probes;
    }

    @Override
    public Duration holds() {
      return SLOW.multipliedBy(2);
    }
  }
}
