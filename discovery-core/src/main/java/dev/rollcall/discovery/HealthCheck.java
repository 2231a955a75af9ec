package dev.rollcall.discovery;

import dev.rollcall.discovery.internal.Require;
import java.time.Duration;

/**
 * How Consul learns whether a registered service is well.
 *
 * @see <a href="https://developer.hashicorp.com/consul/docs/register/health-check/vm">Consul's
 *     health checks</a>
 */
public sealed interface HealthCheck permits HealthCheck.Ttl {

  /**
   * How long the check is critical before Consul removes the service. Consul looks every 30 s and
   * takes less than a minute for a minute.
   *
   * @return at least one minute
   */
  Duration deregisterAfter();

  /**
   * A heartbeat: the library tells the agent every third of {@code ttl} that the process is alive.
   *
   * @param ttl how long one heartbeat holds; at least one second
   * @return the check; removed one minute after it lapsed
   */
  static Ttl ttl(Duration ttl) {
    return new Ttl(ttl, Duration.ofMinutes(1));
  }

  /**
   * A heartbeat check.
   *
   * @param ttl how long one heartbeat holds, 1 s to 24 h; the library beats three times as often
   * @param deregisterAfter how long it is critical before Consul removes the service, at least 1
   *     min
   */
  record Ttl(Duration ttl, Duration deregisterAfter) implements HealthCheck {
    /** Checks the bounds. */
    public Ttl {
      Require.between("ttl", ttl, Duration.ofSeconds(1), Duration.ofHours(24));
      Require.between(
          "deregisterAfter", deregisterAfter, Duration.ofMinutes(1), Duration.ofDays(30));
    }

    /**
     * The same check with another time until removal.
     *
     * @param after at least one minute
     * @return a new check
     */
    public Ttl deregisterAfter(Duration after) {
      return new Ttl(ttl, after);
    }
  }
}
