package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ServiceDefinition;
import java.util.Optional;

/**
 * What Consul shall hold of a service. Immutable.
 *
 * @param definition what is registered
 * @param maintenance why the service is in maintenance; empty if it is not
 */
record Wanted(ServiceDefinition definition, Optional<String> maintenance) {

  Wanted definition(ServiceDefinition other) {
    return new Wanted(other, maintenance);
  }

  Wanted maintenance(Optional<String> reason) {
    return new Wanted(definition, reason);
  }
}
