package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.Answer.Done;

/**
 * What a Consul agent does for the services of this process. Each call is bounded in time and
 * throws nothing. Thread-safe.
 */
public interface Agent {

  /** Registers the service, in place of what the agent holds under its id. */
  Answer<Done> register(ServiceDefinition definition);

  /** Ends the maintenance that a service may have been left in. */
  Answer<Done> endMaintenance(String id);

  /** Tells the agent that the service's check passes. */
  Answer<Done> beat(String id);

  /** Removes the service. */
  Answer<Done> deregister(String id);
}
