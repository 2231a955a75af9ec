package dev.rollcall.lb.consul;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;

/**
 * Which of the registered instances may get traffic, and at which of their addresses. Immutable.
 *
 * @param worst those in this health or a better one
 * @param proxies whether sidecar proxies and gateways that are registered under a service's name
 *     may
 * @param taggedAddress the name of the address, for those that have one of that name; empty for the
 *     plain one
 */
public record InstanceSelection(
    HealthStatus worst, PerService<Boolean> proxies, PerService<String> taggedAddress) {

  /** Those in this health or a better one, no proxies, at their plain address. */
  public static InstanceSelection of(HealthStatus worst) {
    return new InstanceSelection(worst, PerService.all(false), PerService.all(""));
  }

  /**
   * Asks for all registered instances of a pool, so that a failed check is not taken for a
   * deregistration.
   *
   * @param pool as {@link ServiceQuery#parse} reads it
   */
  ServiceQuery query(String pool) {
    ServiceQuery query = ServiceQuery.parse(pool).worst(HealthStatus.CRITICAL);
    if (proxies.of(pool)) {
      query = query.withProxies();
    }
    String tag = taggedAddress.of(pool);
    return tag.isEmpty() ? query : query.taggedAddress(tag);
  }
}
