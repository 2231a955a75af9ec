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
  /** At least one check is critical. */
  CRITICAL,
  /**
   * Somebody put the instance or its node into maintenance, whatever the other checks say. Unlike
   * {@link #CRITICAL} this is no failure but an order: no new requests.
   *
   * @see <a href="https://developer.hashicorp.com/consul/commands/maint">Consul maint</a>
   */
  MAINTENANCE
}
