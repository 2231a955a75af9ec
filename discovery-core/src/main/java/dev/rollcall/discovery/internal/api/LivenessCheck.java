package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.concurrent.Durations;
import java.time.Duration;

/**
 * How it is found out, again and again, that the agent still holds a service: by its heartbeat, or
 * for want of one by asking.
 */
public sealed interface LivenessCheck {

  /** The proof for a service. */
  static LivenessCheck of(ServiceDefinition definition) {
    return definition
        .heartbeat()
        .<LivenessCheck>map(check -> new Heartbeat(check.ttl()))
        .orElseGet(
            () ->
                new Look(
                    definition.checks().stream()
                        .filter(HealthCheck.Probe.class::isInstance)
                        .map(check -> ((HealthCheck.Probe) check).schedule().interval())
                        .reduce(Look.SLOW, Durations::shorter)));
  }

  /** Tells the agent that the service is alive, if it wants to be told. */
  Result<Done> heartbeat(AgentApi agent, String id);

  /** In what health the service is, of what was found after that. */
  HealthStatus status(AgentService found);

  /** Whether to be told is all that the agent needs, and what it holds is looked at on the side. */
  boolean isHeartbeat();

  /** Time to the next one. */
  Duration interval(HealthStatus status);

  /** How long one holds. */
  Duration validity();

  /** The heartbeat: three within the time that one holds. */
  record Heartbeat(Duration ttl) implements LivenessCheck {
    @Override
    public Result<Done> heartbeat(AgentApi agent, String id) {
      return agent.heartbeat(id);
    }

    @Override
    public HealthStatus status(AgentService found) {
      return HealthStatus.PASSING;
    }

    @Override
    public boolean isHeartbeat() {
      return true;
    }

    @Override
    public Duration interval(HealthStatus status) {
      return ttl.dividedBy(3);
    }

    @Override
    public Duration validity() {
      return ttl;
    }
  }

  /** A look at the agent: as often as it probes while the service does not pass, else each 10 s. */
  record Look(Duration probes) implements LivenessCheck {
    private static final Duration SLOW = Duration.ofSeconds(10);

    @Override
    public Result<Done> heartbeat(AgentApi agent, String id) {
      return Result.done();
    }

    @Override
    public HealthStatus status(AgentService found) {
      return found.status();
    }

    @Override
    public boolean isHeartbeat() {
      return false;
    }

    @Override
    public Duration interval(HealthStatus status) {
      return status == HealthStatus.PASSING ? SLOW : probes;
    }

    @Override
    public Duration validity() {
      return Duration.ofMinutes(1);
    }
  }
}
