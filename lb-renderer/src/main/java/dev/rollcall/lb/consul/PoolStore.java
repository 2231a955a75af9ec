package dev.rollcall.lb.consul;

import dev.rollcall.discovery.ServiceInstance;
import java.util.List;
import java.util.Map;

/**
 * Keeps the pools as they were last served from one run to the next, so that a service that cannot
 * be read after a restart has the pool of before. Used by one thread; what cannot be kept or
 * recalled is told in the log and hurts nobody.
 */
public interface PoolStore {
  /** One that keeps nothing. */
  PoolStore NONE =
      new PoolStore() {
        @Override
        public Map<String, List<ServiceInstance>> load() {
          return Map.of();
        }

        @Override
        public void save(Map<String, List<ServiceInstance>> pools) {
          // Nothing is kept.
        }
      };

  /** The instances of each service that were served last; empty if nothing is known. */
  Map<String, List<ServiceInstance>> load();

  /** Takes note of the instances of each service that are served now, in place of all before. */
  void save(Map<String, List<ServiceInstance>> pools);
}
