package dev.rollcall.discovery;

import java.util.List;

/**
 * A service's instances that are being watched.
 *
 * <p>This type is thread-safe.
 */
public interface Watch extends Watched<Snapshot> {

  /**
   * What is watched.
   *
   * @return the query
   */
  ServiceQuery query();

  /**
   * The instances of {@link #current()}. Never waits for Consul: during an outage these are the
   * ones that were known last.
   *
   * @return immutable; empty if there are none, or before Consul first answered
   */
  default List<ServiceInstance> instances() {
    return current().map(Snapshot::instances).orElse(List.of());
  }
}
