package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Map;

/**
 * Keeps the served pools from one run to the next, so that a service that cannot be read after a
 * restart has its pool. Used by one thread; what cannot be saved or loaded is logged and ignored.
 */
public interface PoolStore {
  /** The instances of each service that were served last; empty if nothing is known. */
  Map<String, List<ServiceInstance>> load();

  /** Takes note of the instances of each service that are served now, in place of all before. */
  void save(Map<String, List<ServiceInstance>> pools);

  /** Which service had each route last, by the route's key; empty if nothing is known. */
  Map<String, String> loadRouteOwners();

  /** Takes note of which service has each route now, in place of all before. */
  void saveRouteOwners(Map<String, String> owners);
}
