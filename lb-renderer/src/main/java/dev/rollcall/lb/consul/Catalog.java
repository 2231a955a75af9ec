package dev.rollcall.lb.consul;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /**
   * How far a pool is to be trusted.
   *
   * @param age time since Consul last confirmed it
   * @param stale whether it may be out of date, as Consul doesn't answer
   * @param failure why the last call brought no usable answer; empty if it did
   * @param leftOut instances that no pool could have, as their address, port or id is none; each
   *     with the reason
   */
  record WatchStatus(Duration age, boolean stale, Optional<String> failure, List<String> leftOut) {
    /** Copies the list. */
    public WatchStatus {
      leftOut = List.copyOf(leftOut);
    }
  }
}
