package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.ServiceDefinition;

/**
 * What a registration puts into its agent's registry. Immutable.
 *
 * @param service what the application said of it
 * @param owner tells this registration from every other, of this process or another
 * @param leaving whether the owner is about to remove it, so that another process that wants the id
 *     may have it
 */
public record AgentServiceRegistration(ServiceDefinition service, String owner, boolean leaving) {

  /** The record of a service that stays. */
  public AgentServiceRegistration(ServiceDefinition service, String owner) {
    this(service, owner, false);
  }

  /** The id that it is held under. */
  public String id() {
    return service.id();
  }

  public AgentServiceRegistration asLeaving() {
    return new AgentServiceRegistration(service, owner, true);
  }
}
