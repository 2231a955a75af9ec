package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.internal.Answer.Done;
import java.time.Duration;

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
  Answer<Done> register(ServiceRecord service, HealthStatus atFirst);

  /** Changes what the agent holds of a service; its health and maintenance stay. */
  Answer<Done> update(ServiceRecord service);

  /** Puts the service into maintenance; one that is in maintenance keeps its reason. */
  Answer<Done> beginMaintenance(String id, String reason);

  /** Changes why a service that is in maintenance is so. */
  Answer<Done> changeMaintenance(String id, String reason);

  /** Ends the maintenance that a service may be in. */
  Answer<Done> endMaintenance(String id);

  /** Tells the agent that the service's heartbeat check passes. */
  Answer<Done> beat(String id);

  /** Asks what the agent holds under the service's id. */
  Answer<AgentService> find(ServiceRecord service);

  /**
   * Removes the service, unless it is another's by now: then there is nothing to remove.
   *
   * @param owner whose it must be
   * @param within how long this may take; nothing is sent after that
   */
  Answer<Done> deregister(String id, String owner, Duration within);
}
