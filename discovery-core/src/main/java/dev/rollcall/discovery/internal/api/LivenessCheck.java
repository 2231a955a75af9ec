package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

/**
 * How it is found out that the agent still holds a service: by its heartbeat, or if it has none by
 * a query.
 *
 * @param isHeartbeat whether the agent wants to be told that the service is alive
 * @param validity how long one success holds
 * @param whilePassing time to the next one while the service passes
 * @param otherwise the same while it does not
 */
public record LivenessCheck(
    boolean isHeartbeat, Duration validity, Duration whilePassing, Duration otherwise) {

  private static final Duration QUERY_INTERVAL = Duration.ofSeconds(10);
  private static final Duration QUERY_VALIDITY = Duration.ofMinutes(1);

  /** The check for a service: three heartbeats within the TTL, or as many queries as probes. */
  public static LivenessCheck of(ServiceDefinition definition) {
    if (definition.heartbeat().isPresent()) {
      Duration ttl = definition.heartbeat().get().ttl();
      return new LivenessCheck(true, ttl, ttl.dividedBy(3), ttl.dividedBy(3));
    }
    Duration fastest = QUERY_INTERVAL;
    for (HealthCheck check : definition.checks()) {
      if (check instanceof HealthCheck.Probe probe) {
        fastest = Collections.min(List.of(fastest, probe.schedule().interval()));
      }
    }
    return new LivenessCheck(false, QUERY_VALIDITY, QUERY_INTERVAL, fastest);
  }

  /** Time to the next one. */
  public Duration interval(HealthStatus status) {
    return status == HealthStatus.PASSING ? whilePassing : otherwise;
  }
}
