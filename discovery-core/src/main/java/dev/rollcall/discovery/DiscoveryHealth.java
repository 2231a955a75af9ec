package dev.rollcall.discovery;

import java.time.Duration;
import java.util.List;

/**
 * How a connection is doing, for health pages and gauges. Immutable; as of the moment it was asked
 * for.
 *
 * <p>Consul's absence need not make a service unready: it goes on serving, and the instances that
 * it knows mostly go on living. So this tells what is so, and leaves the verdict to the service.
 *
 * @param registrations those that have not left, sorted by id
 * @param watches what is being watched, once each however many watch it, sorted by name
 */
public record DiscoveryHealth(List<RegistrationHealth> registrations, List<WatchHealth> watches) {

  /** Copies the lists. */
  public DiscoveryHealth {
    registrations = List.copyOf(registrations);
    watches = List.copyOf(watches);
  }

  /**
   * Whether Consul lists every registration as passing, as far as is known.
   *
   * @return true too if there is none
   */
  public boolean isPassing() {
    return registrations.stream()
        .allMatch(registration -> registration.state() == RegistrationState.PASSING);
  }

  /**
   * Whether all that is watched is up to date.
   *
   * @return true too if nothing is watched
   */
  public boolean isFresh() {
    return watches.stream().noneMatch(WatchHealth::stale);
  }

  /**
   * One registration.
   *
   * @param id the service id
   * @param state where it stands
   */
  public record RegistrationHealth(String id, RegistrationState state) {}

  /**
   * One thing that is being watched.
   *
   * @param name the service's name, or {@code the services}
   * @param age as {@link Watched#age()}
   * @param stale as {@link Watched#stale()}
   */
  public record WatchHealth(String name, Duration age, boolean stale) {}
}
