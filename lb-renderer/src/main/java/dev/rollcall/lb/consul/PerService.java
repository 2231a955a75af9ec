package dev.rollcall.lb.consul;

import java.util.Map;

/**
 * A setting that may differ from service to service. Immutable.
 *
 * @param otherwise for the services that are not named
 * @param named by service
 * @param <T> the setting
 */
public record PerService<T>(T otherwise, Map<String, T> named) {
  /** Copies the map. */
  public PerService {
    named = Map.copyOf(named);
  }

  /** The same for all. */
  public static <T> PerService<T> all(T setting) {
    return new PerService<>(setting, Map.of());
  }

  /** The setting for one service. */
  T of(String service) {
    return named.getOrDefault(service, otherwise);
  }
}
