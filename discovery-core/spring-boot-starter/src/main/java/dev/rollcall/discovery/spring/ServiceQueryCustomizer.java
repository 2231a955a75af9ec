package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.ServiceQuery;

/**
 * Narrows or widens what the {@code DiscoveryClient} finds: tags, datacenter, consistency. Beans of
 * this type are called in their order, once for each service that is watched.
 */
@FunctionalInterface
public interface ServiceQueryCustomizer {

  /**
   * Changes the query for a service.
   *
   * @param query the passing instances of a service, as changed by the customizers before
   * @return what to ask instead
   */
  ServiceQuery customize(ServiceQuery query);
}
