package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.internal.api.Result.Done;
import java.time.Duration;
import java.util.Optional;

/**
 * What a Consul agent does for the services of this process. Each call is bounded in time and
 * throws nothing. Thread-safe.
 */
public interface AgentApi {

  /**
   * Registers the service, in place of what the agent holds under its id: checks, maintenance and
   * all.
   *
   * @param atFirst in what health its heartbeat check begins
   */
  Result<Done> register(AgentServiceRegistration service, HealthStatus atFirst);

  /** Changes what the agent holds of a service; its health and maintenance stay. */
  Result<Done> update(AgentServiceRegistration service);

  /** Puts the service into maintenance; one that is in maintenance keeps its reason. */
  Result<Done> beginMaintenance(String id, String reason);

  /** Changes why a service that is in maintenance is so. */
  Result<Done> changeMaintenance(String id, String reason);

  /** Ends the maintenance that a service may be in. */
  Result<Done> endMaintenance(String id);

  /** Tells the agent what the service's heartbeat check says, for as long as that holds. */
  Result<Done> heartbeat(String id, HealthReport report);

  /** Asks what the agent holds under the service's id. */
  Result<AgentService> find(AgentServiceRegistration service);

  /**
   * Removes the service, unless it is another's by now: then there is nothing to remove.
   *
   * @param owner whose it must be
   * @param within how long this may take; nothing is sent after that
   */
  Result<Done> deregister(String id, String owner, Duration within);

  /**
   * What a registration puts into its agent's registry. Immutable.
   *
   * @param service what the application said of it
   * @param owner tells this registration from every other, of this process or another
   * @param leaving whether the owner is about to remove it, so that another process that wants the
   *     id may have it
   */
  record AgentServiceRegistration(ServiceDefinition service, String owner, boolean leaving) {

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

  /**
   * What an agent holds under the id of a service. Immutable.
   *
   * @param status the service's health
   * @param owner whose registration it is; empty if none of this library's
   * @param leaving whether the owner is about to remove it
   * @param endpoint address and port that others are given, as text; the address is empty for the
   *     agent's own
   * @param desiredEndpoint the same as it would be registered now; as in {@code endpoint} for what
   *     it is compared with
   */
  record AgentService(
      HealthStatus status,
      Optional<String> owner,
      boolean leaving,
      String endpoint,
      String desiredEndpoint) {

    /** Whether others are given the right endpoint. */
    public boolean isInPlace() {
      return endpoint.equals(desiredEndpoint);
    }

    public boolean isOwnedBy(String someone) {
      return owner.equals(Optional.of(someone));
    }
  }
}
