package dev.rollcall.lb.consul;

import java.util.Map;
import java.util.Set;

/** A view of some services that keeps itself up to date. Implementations are thread-safe. */
public interface Catalog {
  /** What is known now. Never blocks on Consul; while Consul is away, what was last known. */
  CatalogSnapshot snapshot();

  /** Watches these services and no others; those watched before keep what is known of them. */
  void watchOnly(Set<String> services);

  /**
   * Looks in all other services for who has these endpoints, until it is called with none.
   *
   * @return those of them that are known to be had by a passing instance of a service that is not
   *     watched; a change of that is a change of the view
   */
  Set<Endpoint> endpointsOfOtherServices(Set<Endpoint> endpoints);

  /** How old what is known of each service is. */
  Map<String, WatchStatus> watchStatus();
}
