package dev.rollcall.discovery;

/**
 * The life of a {@link Registration}. It moves between {@code JOINING} and {@code PASSING} as
 * Consul comes and goes; {@code DRAINING} and {@code LEFT} are never left again for an earlier one.
 */
public enum RegistrationState {
  /**
   * Consul does not hold the service as passing, as far as is known: not registered yet, forgotten,
   * or no heartbeat has got through for as long as the check lives. A service without heartbeat is
   * here too while its checks don't pass, and one whose id another process has registered. Being
   * tried again and again.
   */
  JOINING,
  /**
   * Registered, and a heartbeat got through less than the check's time to live ago. Of a service
   * without heartbeat: the agent said less than a minute ago that all its checks pass.
   */
  PASSING,
  /** Leaving has begun; from here on nothing registers the service again. */
  DRAINING,
  /** Done: Consul confirmed the removal, or could not be told in time. */
  LEFT
}
