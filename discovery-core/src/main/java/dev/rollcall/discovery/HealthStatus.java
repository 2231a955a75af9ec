package dev.rollcall.discovery;

/**
 * The health of an instance in Consul: the worst status among its own and its node's checks. The
 * worst comes last.
 */
public enum HealthStatus {
  /** All checks pass, or there are none. */
  PASSING,
  /** At least one check warns, none is worse. */
  WARNING,
  /**
   * Consul calls it critical, but only as a check that the agent runs (HTTP, TCP, UDP, gRPC) has
   * not run yet: the service was just registered, or the agent has restarted, which forgets what
   * such a check found before. Nothing is known to be wrong.
   *
   * <p>A check that fails from its first run on may look so for longer: while its status stays the
   * same, the agent tells the servers what it found only each {@code check_update_interval}, 5
   * minutes by default.
   *
   * @see <a
   *     href="https://developer.hashicorp.com/consul/docs/reference/agent/configuration-file/general#check_update_interval">check_update_interval</a>
   */
  UNCHECKED,
  /** At least one check is critical, and has run. */
  CRITICAL,
  /**
   * Somebody put the instance or its node into maintenance, whatever the other checks say. Unlike
   * {@link #CRITICAL} this is no failure but an order: no new requests.
   *
   * @see <a href="https://developer.hashicorp.com/consul/commands/maint">Consul maint</a>
   */
  MAINTENANCE
}
