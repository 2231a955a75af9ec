package dev.rollcall.discovery.internal.registration;

import dev.rollcall.discovery.ServiceDefinition;
import java.util.Optional;

/**
 * What Consul shall hold of a service. Immutable.
 *
 * @param definition what is registered
 * @param maintenance why the service is in maintenance; empty if it is not
 */
record DesiredState(ServiceDefinition definition, Optional<String> maintenance) {

  DesiredState definition(ServiceDefinition other) {
    return new DesiredState(other, maintenance);
  }

  DesiredState maintenance(Optional<String> reason) {
    return new DesiredState(definition, reason);
  }
}
