package dev.rollcall.discovery;

import java.time.Duration;

/**
 * Told of what the library does, for metrics and logs. Every method does nothing by default.
 *
 * <p>Called on a thread that has nothing else to do, one event after the other, in order; with
 * several connections, by one such thread for each: be thread-safe then. What a method throws is
 * logged once, and one that blocks hurts nobody else; but events that come while 10,000 are waiting
 * are not told, but for the state to which each registration has come. The library logs each change
 * of state itself, through SLF4J.
 */
public interface DiscoveryListener {

  /**
   * A registration went from one state to another.
   *
   * @param id the service id
   * @param from the state before
   * @param to the state now
   */
  default void registrationChanged(String id, RegistrationState from, RegistrationState to) {}

  /**
   * A heartbeat got through; for a service without one, the agent said that it holds the service.
   *
   * @param id the service id
   * @param took how long the call took
   */
  default void heartbeatConfirmed(String id, Duration took) {}

  /**
   * A heartbeat, a registration or a removal did not get through. Called for each try.
   *
   * @param id the service id
   * @param failure why
   */
  default void registrationFailed(String id, ConsulFailure failure) {}

  /**
   * Consul answered a watched query.
   *
   * @param query the query
   * @param changed whether the answer differs from the one before
   * @param took how long the call took, the wait included
   */
  default void watchAnswered(ServiceQuery query, boolean changed, Duration took) {}

  /**
   * Consul answered a watched query from an earlier state than before: its data was lost, or put
   * back from a snapshot, though no call may have failed. Told before {@link #watchAnswered} tells
   * of that answer.
   *
   * @param query the query
   */
  default void watchIndexWentBackwards(ServiceQuery query) {}

  /**
   * A watched query got no usable answer. Called for each try.
   *
   * @param query the query
   * @param failure why
   */
  default void watchFailed(ServiceQuery query, ConsulFailure failure) {}

  /**
   * Consul answered a watched query for the catalog's services.
   *
   * @param query the query
   * @param changed whether the answer differs from the one before
   * @param took how long the call took, the wait included
   */
  default void watchAnswered(CatalogQuery query, boolean changed, Duration took) {}

  /**
   * A watched query for the catalog's services got no usable answer. Called for each try.
   *
   * @param query the query
   * @param failure why
   */
  default void watchFailed(CatalogQuery query, ConsulFailure failure) {}

  /**
   * An instance was left out of a snapshot because what Consul holds about it cannot be used.
   * Called once for each until it is gone or mended.
   *
   * @param query the query that found it
   * @param reason which instance, and what is wrong with it
   */
  default void instanceLeftOut(ServiceQuery query, String reason) {}
}
