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

  /** Tells the agent that the service is alive, if it wants to be told. */
  Answer<Done> beat(Agent agent, String id);

  /** In what health the service is, of what was found after that. */
  HealthStatus status(AgentService found);

  /** Whether to be told is all that the agent needs, and what it holds is looked at on the side. */
  boolean isBeat();

  /** Time to the next one. */
  Duration rhythm(HealthStatus status);

  /** How long one holds. */
  Duration holds();

  /** The heartbeat: three within the time that one holds. */
  record Heartbeat(Duration ttl) implements Proof {
    @Override
    public Answer<Done> beat(Agent agent, String id) {
      return agent.beat(id);
    }

    @Override
    public HealthStatus status(AgentService found) {
      return HealthStatus.PASSING;
    }

    @Override
    public boolean isBeat() {
      return true;
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

  /** A look at the agent: as often as it probes while the service does not pass, else each 10 s. */
  record Look(Duration probes) implements Proof {
    private static final Duration SLOW = Duration.ofSeconds(10);

    @Override
    public Answer<Done> beat(Agent agent, String id) {
      return Answer.done();
    }

    @Override
    public HealthStatus status(AgentService found) {
      return found.status();
    }

    @Override
    public boolean isBeat() {
      return false;
    }

    @Override
    public Duration rhythm(HealthStatus status) {
      return status == HealthStatus.PASSING ? SLOW : probes;
    }

    @Override
    public Duration holds() {
      return Duration.ofMinutes(1);
    }
  }
}
