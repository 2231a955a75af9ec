package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.HealthStatus;
import java.util.Optional;

/**
 * What an agent holds under the id of a service. Immutable.
 *
 * @param status the service's health
 * @param owner whose registration it is; empty if none of this library's
 * @param leaving whether the owner is about to remove it
 * @param endpoint address and port that others are given, as text; the address is empty for the
 *     agent's own
 * @param desiredEndpoint the same as it would be registered now; as in {@code endpoint} for what it
 *     is compared with
 */
public record AgentService(
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
