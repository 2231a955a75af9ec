package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;

/**
 * What a Consul agent does for the services of this process. Each call is bounded in time and
 * throws nothing. Thread-safe.
 */
public interface Agent {

  /**
   * Registers the service, in place of what the agent holds under its id: checks, maintenance and
   * all.
   *
   * @param atFirst in what health its heartbeat check begins
   */
  Answer<Done> register(ServiceDefinition definition, HealthStatus atFirst);

  /** Changes what the agent holds of a service; its health and maintenance stay. */
  Answer<Done> update(ServiceDefinition definition);

  /** Puts the service into maintenance. */
  Answer<Done> beginMaintenance(String id, String reason);

  /** Ends the maintenance that a service may be in. */
  Answer<Done> endMaintenance(String id);

  /** Tells the agent that the service's heartbeat check passes. */
  Answer<Done> beat(String id);

  /** Asks what the agent thinks of the service's health. */
  Answer<HealthStatus> health(String id);

  /** Removes the service. */
  Answer<Done> deregister(String id);
}
