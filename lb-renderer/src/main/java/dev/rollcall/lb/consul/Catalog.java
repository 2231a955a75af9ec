package dev.rollcall.lb.consul;

import dev.rollcall.discovery.AnswerSource;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Some services of Consul, kept up to date. Implementations are thread-safe. */
public interface Catalog {
  /** What is known now. Never blocks on Consul; while Consul is away, what was last known. */
  CatalogSnapshot snapshot();

  /** Watches these services and no others; those watched before keep what is known of them. */
  void watchOnly(Set<String> services);

  /**
   * The tags of each service that there is, from now on or from then on not.
   *
   * @param wanted whether the list of services is watched; a change of it counts as a change of the
   *     snapshot
   * @return what is known now, by service; empty if nothing is, or nothing is wanted
   */
  Optional<Map<String, List<String>>> listServices(boolean wanted);

  /**
   * Looks in all other services for these endpoints, until it is called with none.
   *
   * @return those at which a passing instance of a service that is not watched is known to be; a
   *     change of that counts as a change of the snapshot
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
   * @param source where its answers come from; empty before the first
   */
  record WatchStatus(
      Duration age,
      boolean stale,
      Optional<String> failure,
      List<String> leftOut,
      Optional<AnswerSource> source) {
    /** Copies the list. */
    public WatchStatus {
      leftOut = List.copyOf(leftOut);
    }

    /** What gives the answers, in Consul's words; null before the first. */
    public @Nullable String backend() {
      return source.map(from -> lowerCase(from.backend())).orElse(null);
    }

    /** The consistency that the answers have, in Consul's words; null before the first. */
    public @Nullable String consistency() {
      return source.map(from -> lowerCase(from.consistency())).orElse(null);
    }

    private static String lowerCase(Enum<?> word) {
      return word.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }
}
