package dev.rollcall.lb.consul;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The settings of self-preservation, each of which may differ from service to service. Immutable.
 *
 * @param shrink see {@link Rule#shrink}
 * @param grace see {@link Rule#grace}
 * @param minServers see {@link Rule#minServers}
 * @param policy see {@link Rule#policy}
 */
public record SelfPreservationRules(
    PerService<Integer> shrink,
    PerService<Duration> grace,
    PerService<Integer> minServers,
    PerService<UndersizedPoolPolicy> policy) {

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

    T of(String service) {
      return named.getOrDefault(service, otherwise);
    }
  }

  /**
   * What becomes of a pool that is still too small at the end of the grace time, though nobody took
   * its instances out. Immutable.
   */
  public sealed interface UndersizedPoolPolicy {
    /** The instances that were lost stay in the pool until enough are back. */
    record Hold() implements UndersizedPoolPolicy {}

    /** The loss is accepted: without instances HAProxy answers 503. */
    record Serve503() implements UndersizedPoolPolicy {}

    /**
     * The loss is accepted, and the instances of other services are added: of each in turn, until
     * the pool has enough.
     */
    record Fallback(List<String> services) implements UndersizedPoolPolicy {
      /** Copies the list. */
      public Fallback {
        services = List.copyOf(services);
      }
    }
  }

  /**
   * The settings for one service. Immutable.
   *
   * @param shrink the percentage of a pool that may be lost within the grace time and is accepted
   *     at once, 0 to 100
   * @param grace how long a greater loss is not accepted; zero turns self-preservation off
   * @param minServers what a pool is to have at least; 0 lets it become empty
   * @param policy what becomes of a pool that has less after the grace time
   */
  public record Rule(int shrink, Duration grace, int minServers, UndersizedPoolPolicy policy) {
    /** Whether so many lost are more than is accepted at once. */
    boolean isTooLarge(int lost, int of) {
      return lost * 100L > (long) shrink * of;
    }
  }

  /** The settings for one service. */
  public Rule of(String service) {
    return new Rule(
        shrink.of(service), grace.of(service), minServers.of(service), policy.of(service));
  }

  /** The fallbacks of each service that has one, in their order. */
  public Map<String, List<String>> fallbacks(Set<String> services) {
    Map<String, List<String>> fallbacks = new TreeMap<>();
    for (String service : services) {
      if (policy.of(service) instanceof UndersizedPoolPolicy.Fallback fallback) {
        fallbacks.put(service, fallback.services());
      }
    }
    return fallbacks;
  }

  /** The services to watch for a template that names these. */
  public SortedSet<String> servicesToWatch(Set<String> services) {
    SortedSet<String> all = new TreeSet<>(services);
    fallbacks(services).values().forEach(others -> all.addAll(others));
    return all;
  }
}
