package dev.rollcall.discovery;

/** The health of an instance in Consul: the worst status among its own and its node's checks. */
public enum HealthStatus {
  /** All checks pass, or there are none. */
  PASSING,
  /** At least one check warns, none is worse. */
  WARNING,
  /** At least one check is critical, or the instance or its node is in maintenance. */
  CRITICAL
}
