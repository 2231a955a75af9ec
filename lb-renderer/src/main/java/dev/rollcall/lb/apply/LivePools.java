package dev.rollcall.lb.apply;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.runtime.ChangeOutcome;
import dev.rollcall.lb.runtime.Drift;
import dev.rollcall.lb.runtime.Leaving;
import dev.rollcall.lb.runtime.PoolServer;
import dev.rollcall.lb.runtime.RunningServers;
import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerState;
import dev.rollcall.lb.runtime.ServerStep;
import dev.rollcall.lb.runtime.ServerStep.RemoveServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers of a running HAProxy: changed while it runs, compared with the configuration that it
 * should have, and deleted once their last connection has ended. Used by one thread at a time.
 *
 * <p>A server that leaves is in drain until it is idle, and in maintenance after {@link #DRAIN}: an
 * endless connection then goes on, and no client bound to the server by a cookie comes in any more.
 * Other changes do not wait for it.
 */
final class LivePools {

  /** Longer than a web request takes. */
  static final Duration DRAIN = Duration.ofSeconds(10);

  /** How often HAProxy is compared with its configuration. */
  static final Duration LOOK = Duration.ofSeconds(30);

  /** How often servers that leave are asked whether they are idle, at the most. */
  static final Duration PAUSE = Duration.ofMillis(250);

  /** From here on a reload leaves them to the old worker, whose life is bounded. */
  static final int MOST_DEPARTING = 500;

  private static final int MOST_TOLD = 4;

  private static final Logger log = LoggerFactory.getLogger(LivePools.class);

  /**
   * A server on its way out.
   *
   * @param since when it was drained, in nanoseconds
   * @param was what HAProxy knows of it; null when that is more than can be said at run time
   */
  private record Departure(long since, @Nullable PoolServer was) {}

  private final Haproxy haproxy;
  private final LongSupplier nanos;
  private final Map<ServerName, Departure> departures = new LinkedHashMap<>();

  /** What differs right after a reload is how HAProxy reads the file, and no drift. */
  private Set<String> tolerated = Set.of();

  private @Nullable String complaint;
  private long lookAt;
  private long deleteAt;

  LivePools(Haproxy haproxy, LongSupplier nanos) {
    this.haproxy = haproxy;
    this.nanos = nanos;
    this.lookAt = nanos.getAsLong();
    this.deleteAt = lookAt;
  }

  /** Servers that were removed and are not gone yet, as far as they could come back. */
  Map<ServerName, PoolServer> departing() {
    Map<ServerName, PoolServer> known = new HashMap<>();
    departures.forEach(
        (name, departure) -> {
          if (departure.was() != null) {
            known.put(name, departure.was());
          }
        });
    return known;
  }

  /**
   * Makes a change and looks whether HAProxy has it.
   *
   * @return why a reload has to bring HAProxy level; empty when it has what is wanted
   */
  Optional<String> make(List<ServerStep> steps, HaproxyConfig wanted) {
    Optional<String> trouble = change(steps, wanted);
    if (trouble.isPresent()) {
      // Should that reload not come about, the next look finds what was made in part.
      lookAt = nanos.getAsLong();
    }
    return trouble;
  }

  private Optional<String> change(List<ServerStep> steps, HaproxyConfig wanted) {
    if (departures.size() >= MOST_DEPARTING) {
      return Optional.of(departures.size() + " servers wait for their last connection");
    }
    ChangeOutcome outcome = haproxy.change(steps);
    if (outcome instanceof ChangeOutcome.NotMade not) {
      return Optional.of(not.reason());
    }
    Set<ServerName> left = ((ChangeOutcome.Made) outcome).leaving();
    for (ServerStep step : steps) {
      departures.remove(step.name());
      if (step instanceof RemoveServer remove && left.contains(step.name())) {
        departures.put(step.name(), new Departure(nanos.getAsLong(), remove.was()));
      }
    }
    RunningServers running = haproxy.servers();
    return running instanceof RunningServers.Unseen unseen
        ? Optional.of("what became of it is not known: " + unseen.why())
        : drift(wanted, (RunningServers.Seen) running);
  }

  /** Deletes servers that have become idle, if it is time for that. */
  void deleteIdle() {
    if (departures.isEmpty() || nanos.getAsLong() - deleteAt < 0) {
      return;
    }
    List<Leaving> leaving =
        departures.entrySet().stream()
            .map(entry -> new Leaving(entry.getKey(), isOverdue(entry.getValue())))
            .toList();
    ChangeOutcome outcome = haproxy.deleteIdle(leaving);
    if (outcome instanceof ChangeOutcome.Made made) {
      departures.keySet().retainAll(made.leaving());
    } else if (outcome instanceof ChangeOutcome.NotMade not) {
      complaint = "servers that left cannot be deleted: " + not.reason();
    }
    deleteAt = nanos.getAsLong() + PAUSE.toNanos();
  }

  /** Whether HAProxy is due to be compared with its configuration. */
  boolean lookDue() {
    return complaint != null || nanos.getAsLong() - lookAt >= 0;
  }

  /**
   * Compares HAProxy with the configuration that it should have, now.
   *
   * @return why a reload has to bring it level; empty when it is, or when it does not tell
   */
  Optional<String> trouble(HaproxyConfig config) {
    lookAt = nanos.getAsLong() + LOOK.toNanos();
    if (complaint != null) {
      return Optional.of(complaint);
    }
    return haproxy.servers() instanceof RunningServers.Seen seen
        ? drift(config, seen)
        : Optional.empty();
  }

  /** Takes note that a new worker serves from a configuration. */
  void reloaded(HaproxyConfig config) {
    departures.clear();
    complaint = null;
    tolerated = Set.of();
    lookAt = nanos.getAsLong() + LOOK.toNanos();
    if (haproxy.servers() instanceof RunningServers.Seen seen) {
      List<String> differences = Drift.between(config, seen.state(), Set.of());
      if (!differences.isEmpty()) {
        log.warn(
            "HAProxy reloaded and has not what its file says, as if it read another one: {}",
            inOneLine(differences));
      }
      tolerated = Set.copyOf(differences);
    }
  }

  private Optional<String> drift(HaproxyConfig config, RunningServers.Seen seen) {
    Set<String> present = new HashSet<>();
    for (ServerState server : seen.state().servers()) {
      present.add(server.backend() + "/" + server.server());
    }
    departures.keySet().removeIf(name -> !present.contains(name.toString()));
    List<String> differences =
        Drift.between(config, seen.state(), departures.keySet()).stream()
            .filter(difference -> !tolerated.contains(difference))
            .toList();
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of("HAProxy has not what it should: " + inOneLine(differences));
  }

  private boolean isOverdue(Departure departure) {
    return nanos.getAsLong() - departure.since() >= DRAIN.toNanos();
  }

  private static String inOneLine(List<String> differences) {
    String first =
        String.join(", ", differences.subList(0, Math.min(MOST_TOLD, differences.size())));
    return differences.size() <= MOST_TOLD
        ? first
        : first + " and " + (differences.size() - MOST_TOLD) + " more";
  }
}
