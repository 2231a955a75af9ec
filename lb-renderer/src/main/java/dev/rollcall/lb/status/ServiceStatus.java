package dev.rollcall.lb.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A service as it was last rendered. Immutable.
 *
 * @param name the service's name
 * @param answered whether Consul had answered for it
 * @param instances its instances, refused and held ones included
 * @param guard what is held of it though Consul says otherwise; null if nothing is
 */
public record ServiceStatus(
    String name,
    boolean answered,
    List<InstanceStatus> instances,
    @Nullable RetentionStatus guard) {
  /** Copies the list. */
  public ServiceStatus {
    instances = List.copyOf(instances);
  }

  ServiceStatus with(@Nullable RetentionStatus changed) {
    return new ServiceStatus(name, answered, instances, changed);
  }

  long served() {
    return instances.stream().filter(InstanceStatus::served).count();
  }
}
