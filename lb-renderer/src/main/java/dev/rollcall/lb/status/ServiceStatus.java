package dev.rollcall.lb.status;

import java.util.List;

/**
 * A service as it was last rendered. Immutable.
 *
 * @param name the service's name
 * @param answered whether Consul had answered for it
 * @param instances its instances, refused ones included
 */
public record ServiceStatus(String name, boolean answered, List<InstanceStatus> instances) {
  /** Copies the list. */
  public ServiceStatus {
    instances = List.copyOf(instances);
  }
}
