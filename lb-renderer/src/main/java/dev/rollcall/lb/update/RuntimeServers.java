package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ChangeResult;
import dev.rollcall.lb.haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RunningServers;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerDefinition;
import dev.rollcall.lb.haproxy.ServerState;
import java.time.Duration;
import java.util.ArrayList;
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
 *
 * <p>What an operator ordered by hand is obeyed, and carried over our own reloads ({@link
 * OperatorOverrides}); what differs otherwise is mended by commands, and by a reload where they
 * cannot.
 */
final class RuntimeServers {

  /** Longer than a web request takes. */
  static final Duration DRAIN = Duration.ofSeconds(10);

  /** How often HAProxy is compared with its configuration. */
  static final Duration LOOK = Duration.ofSeconds(5);

  /** The least time between two reloads that mend a difference; doubled for each in a row. */
  static final Duration MEND = Duration.ofSeconds(30);

  /** From here on the time is not doubled. */
  private static final int MOST_DOUBLINGS = 5;

  /** How often servers that leave are asked whether they are idle, at the most. */
  static final Duration PAUSE = Duration.ofMillis(250);

  /** From here on a reload leaves them to the old worker, whose life is bounded. */
  static final int MOST_DEPARTING = 500;

  private static final int MOST_TOLD = 4;

  /** How often a change of an address is looked for, and with what pauses. */
  private static final int MOST_LOOKS = 20;

  private static final Duration GLANCE = Duration.ofMillis(10);

  private static final Logger log = LoggerFactory.getLogger(RuntimeServers.class);

  /**
   * A server on its way out.
   *
   * @param drainedAt when it was drained, in nanoseconds
   * @param definition what HAProxy knows of it; null when that is more than can be said at run time
   * @param override of an operator that stood then; null if none did
   */
  private record RemovedServer(
      long drainedAt, @Nullable ServerDefinition definition, @Nullable OperatorOverride override) {}

  private final Haproxy haproxy;
  private final LongSupplier nanos;
  private final boolean atRunTime;
  private final OperatorOverrides overrides;
  private final NewServerHealth newServers = new NewServerHealth();
  private final Map<ServerName, RemovedServer> removed = new LinkedHashMap<>();

  /** What we gave to servers while they ran. */
  private final Map<ServerName, Integer> weights = new HashMap<>();

  /** What differs right after a reload is how HAProxy reads the file, and no drift. */
  private Set<String> tolerated = Set.of();

  /** Orders that a reload makes HAProxy forget; null while none is under way. */
  private @Nullable List<OperatorOverride> carriedOverrides;

  private @Nullable String deletionProblem;
  private long compareAt;
  private long deleteAt;
  private long repairAt;
  private int repairs;

  RuntimeServers(Haproxy haproxy, LongSupplier nanos, boolean atRunTime) {
    this.haproxy = haproxy;
    this.nanos = nanos;
    this.atRunTime = atRunTime;
    this.overrides = new OperatorOverrides(nanos);
    this.compareAt = nanos.getAsLong();
    this.deleteAt = compareAt;
    this.repairAt = compareAt;
  }

  /** The orders of operators that stand. Safe from any thread. */
  List<OverrideStatus> overrides() {
    return overrides.status();
  }

  /** What is known of servers that joined at run time and never came up. Safe from any thread. */
  List<String> failingNewServers() {
    return newServers.failures();
  }

  /** Servers that were removed and are not gone yet, as far as they could come back. */
  Map<ServerName, ServerDefinition> draining() {
    Map<ServerName, ServerDefinition> known = new HashMap<>();
    removed.forEach(
        (name, departure) -> {
          if (departure.definition() != null) {
            known.put(name, departure.definition());
          }
        });
    return known;
  }

  /**
   * Makes a change and looks whether HAProxy has it. What an operator ordered is left alone.
   *
   * @param running what HAProxy runs
   * @return why a reload has to bring HAProxy level; empty when it has what is wanted
   */
  Optional<String> apply(List<ServerChange> steps, HaproxyConfig running, HaproxyConfig wanted) {
    boolean joinsAlone = steps.stream().allMatch(AddServer.class::isInstance);
    if (!joinsAlone && haproxy.servers() instanceof RunningServers.Seen seen) {
      overrides.update(compare(running, seen).overrides());
    }
    Optional<String> trouble = changeAndVerify(overrides.withoutOverridden(steps), wanted);
    if (trouble.isPresent()) {
      // Should that reload not come about, the next look finds what was made in part.
      compareAt = nanos.getAsLong();
    }
    return trouble;
  }

  private Optional<String> changeAndVerify(List<ServerChange> steps, HaproxyConfig wanted) {
    Optional<String> refused = send(steps);
    if (refused.isPresent()) {
      return refused;
    }
    for (int look = 1; ; look++) {
      RunningServers running = haproxy.servers();
      if (running instanceof RunningServers.Unseen unseen) {
        return Optional.of("what became of it is not known: " + unseen.reason());
      }
      Drift drift = inspect(wanted, (RunningServers.Seen) running);
      // From 3.0 on HAProxy changes an address some time after its reply.
      boolean late =
          drift.addressDifferences().size() == drift.differences().size()
              && steps.stream().anyMatch(ChangeAddress.class::isInstance);
      if (drift.differences().isEmpty() || !late || look == MOST_LOOKS) {
        return findDrift(drift);
      }
      pause();
    }
  }

  /** Why HAProxy did not do all of it; empty when it said that it did. */
  private Optional<String> send(List<ServerChange> told) {
    List<ServerChange> steps = told.stream().map(this::withOverride).toList();
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    if (removed.size() >= MOST_DEPARTING) {
      return Optional.of(removed.size() + " servers wait for their last connection");
    }
    ChangeResult outcome = haproxy.change(steps);
    if (outcome instanceof ChangeResult.Failure not) {
      return Optional.of(not.reason());
    }
    Set<ServerName> left = ((ChangeResult.Success) outcome).draining();
    for (ServerChange step : steps) {
      removed.remove(step.name());
      if (step instanceof AddServer add) {
        weights.put(add.name(), add.server().options().weight());
        newServers.added(add.server());
      } else if (step instanceof ReinstateServer back) {
        weights.put(back.name(), back.server().options().weight());
      } else if (step instanceof ChangeWeight change) {
        weights.put(change.name(), change.weight());
      } else if (step instanceof RemoveServer remove) {
        weights.remove(remove.name());
        newServers.removed(remove.name());
        if (left.contains(remove.name())) {
          removed.put(
              remove.name(),
              new RemovedServer(
                  nanos.getAsLong(), remove.definition(), overrides.find(remove.name())));
        }
      }
    }
    return Optional.empty();
  }

  /** A server that comes back before it is gone comes back as it was ordered to be. */
  private ServerChange withOverride(ServerChange step) {
    RemovedServer departure = removed.get(step.name());
    if (!(step instanceof ReinstateServer back)
        || departure == null
        || departure.override() == null) {
      return step;
    }
    OperatorOverride order = departure.override();
    ServerDefinition server = back.server();
    return new ReinstateServer(
        order.weight() == null
            ? server
            : new ServerDefinition(
                server.name(), server.address(), server.options().withWeight(order.weight())),
        order.state() == null ? back.state() : order.state());
  }

  /** Deletes servers that have become idle, if it is time for that. */
  void deleteIdle() {
    if (removed.isEmpty() || nanos.getAsLong() - deleteAt < 0) {
      return;
    }
    List<DrainingServer> leaving =
        removed.entrySet().stream()
            .map(entry -> new DrainingServer(entry.getKey(), isOverdue(entry.getValue())))
            .toList();
    ChangeResult outcome = haproxy.deleteIdleServers(leaving);
    if (outcome instanceof ChangeResult.Success made) {
      removed.keySet().retainAll(made.draining());
    } else if (outcome instanceof ChangeResult.Failure not) {
      deletionProblem = "servers that left cannot be deleted: " + not.reason();
    }
    deleteAt = nanos.getAsLong() + PAUSE.toNanos();
  }

  /** Whether HAProxy is due to be compared with its configuration. */
  boolean comparisonDue() {
    return deletionProblem != null || nanos.getAsLong() - compareAt >= 0;
  }

  /** Whether a reload may mend a difference already; each in a row has to wait longer. */
  boolean repairDue() {
    return nanos.getAsLong() - repairAt >= 0;
  }

  /** Takes note of a reload that is to mend a difference. */
  void recordRepair() {
    repairAt = nanos.getAsLong() + (MEND.toNanos() << Math.min(repairs++, MOST_DOUBLINGS));
  }

  /**
   * Compares HAProxy with the configuration that it should have, now, and mends by commands what
   * they can mend.
   *
   * @return why a reload has to bring it level; empty when it is, or when it does not tell
   */
  Optional<String> findDrift(HaproxyConfig config) {
    compareAt = nanos.getAsLong() + LOOK.toNanos();
    if (deletionProblem != null) {
      return Optional.of(deletionProblem);
    }
    if (!(haproxy.servers() instanceof RunningServers.Seen seen)) {
      return Optional.empty();
    }
    if (carriedOverrides != null) {
      restoreOverrides();
      return Optional.empty();
    }
    Drift drift = inspect(config, seen);
    Optional<String> trouble = findDrift(drift);
    if (trouble.isPresent()) {
      return repair(config, drift, trouble.get());
    }
    if (nanos.getAsLong() - repairAt >= 0) {
      repairs = 0;
    }
    return newServers.reasonToReload(seen.state());
  }

  private Optional<String> repair(HaproxyConfig config, Drift drift, String what) {
    Optional<HaproxyVersion> version = version();
    if (version.isEmpty()) {
      return Optional.of(what);
    }
    RuntimeDecision decision =
        ServerDiff.between(drift.runningConfig(), config, version.get(), draining());
    if (decision instanceof RuntimeDecision.ByReload reload) {
      return Optional.of(what + "; not while it runs: " + reload.reason());
    }
    List<ServerChange> steps = new ArrayList<>(drift.checks());
    steps.addAll(((RuntimeDecision.AtRunTime) decision).changes());
    if (steps.isEmpty()) {
      return Optional.of(what);
    }
    log.warn("{}; correcting it by commands", what);
    return changeAndVerify(steps, config).map(why -> what + "; not while it runs: " + why);
  }

  private Optional<HaproxyVersion> version() {
    String told = haproxy.status().version();
    return atRunTime && told != null ? HaproxyVersion.tryParse(told) : Optional.empty();
  }

  /**
   * Takes note of the orders that stand, as a reload makes HAProxy forget them.
   *
   * @param running what HAProxy runs
   */
  void beforeReload(HaproxyConfig running) {
    // After a reload that failed, those that the last worker had count.
    if (carriedOverrides == null && haproxy.status().running()) {
      if (haproxy.servers() instanceof RunningServers.Seen seen) {
        overrides.update(compare(running, seen).overrides());
      }
      carriedOverrides = overrides.current();
    }
  }

  /** Takes note that no new worker came of a reload. */
  void reloadFailed() {
    carriedOverrides = null;
  }

  /** Takes note that a new worker serves from a configuration. */
  void afterReload(HaproxyConfig config) {
    removed.clear();
    weights.clear();
    newServers.clear();
    deletionProblem = null;
    tolerated = Set.of();
    compareAt = nanos.getAsLong() + LOOK.toNanos();
    if (haproxy.servers() instanceof RunningServers.Seen seen) {
      Drift drift = compare(config, seen);
      if (!drift.addressDifferences().isEmpty()) {
        repairAddresses(config, drift);
      }
    }
    restoreOverrides();
    if (haproxy.servers() instanceof RunningServers.Seen seen) {
      List<String> differences = inspect(config, seen).differences();
      if (!differences.isEmpty()) {
        log.warn(
            "HAProxy reloaded and has not what its file says, as if it read another one: {}",
            inOneLine(differences));
      }
      tolerated = Set.copyOf(differences);
    }
  }

  /** With a state file HAProxy has the ports of an earlier time. */
  private void repairAddresses(HaproxyConfig config, Drift drift) {
    Set<String> others = new HashSet<>(drift.differences());
    others.removeAll(drift.addressDifferences());
    tolerated = others;
    Optional<HaproxyVersion> version = version();
    if (haproxy.servers() instanceof RunningServers.Seen seen
        && version.isPresent()
        && ServerDiff.between(
                compare(config, seen).runningConfig(), config, version.get(), Map.of())
            instanceof RuntimeDecision.AtRunTime change) {
      log.warn(
          "HAProxy reloaded with other addresses than its file has, as with load-server-state-from-file; correcting them by commands: {}",
          inOneLine(List.copyOf(drift.addressDifferences())));
      changeAndVerify(change.changes(), config)
          .ifPresent(why -> log.warn("HAProxy did not take the addresses of its file: {}", why));
    }
    tolerated = Set.of();
  }

  /** Gives the new worker the orders that the one before it had. */
  private void restoreOverrides() {
    if (carriedOverrides == null || !(haproxy.servers() instanceof RunningServers.Seen seen)) {
      return;
    }
    Set<String> present = names(seen);
    List<OperatorOverride> due =
        carriedOverrides.stream()
            .filter(order -> present.contains(order.name().toString()))
            .toList();
    List<ServerChange> steps = due.stream().flatMap(order -> order.changes().stream()).toList();
    if (!steps.isEmpty()) {
      ChangeResult outcome = haproxy.change(steps);
      if (outcome instanceof ChangeResult.Failure not) {
        log.error(
            "the reload reset what an operator set by hand for {}, and HAProxy did not take it again: {}; tried again",
            inOneLine(due.stream().map(order -> order.name().toString()).toList()),
            not.reason());
        return;
      }
      log.info(
          "set again after the reload, as an operator set it by hand: {}",
          inOneLine(due.stream().map(order -> order.name() + " " + order.description()).toList()));
    }
    carriedOverrides = null;
  }

  private Drift compare(HaproxyConfig config, RunningServers.Seen seen) {
    return Drift.detect(config, seen.state(), removed.keySet(), weights, tolerated);
  }

  /** Compares, and takes note of what is seen beside. */
  private Drift inspect(HaproxyConfig config, RunningServers.Seen seen) {
    Set<String> present = names(seen);
    removed.keySet().removeIf(name -> !present.contains(name.toString()));
    weights.keySet().removeIf(name -> !present.contains(name.toString()));
    newServers.update(seen.state());
    Drift drift = compare(config, seen);
    overrides.update(drift.overrides());
    return drift;
  }

  private static Set<String> names(RunningServers.Seen seen) {
    Set<String> present = new HashSet<>();
    for (ServerState server : seen.state().servers()) {
      present.add(server.backend() + "/" + server.server());
    }
    return present;
  }

  private static Optional<String> findDrift(Drift drift) {
    return drift.differences().isEmpty()
        ? Optional.empty()
        : Optional.of("HAProxy has not what it should: " + inOneLine(drift.differences()));
  }

  private static void pause() {
    try {
      Thread.sleep(GLANCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isOverdue(RemovedServer departure) {
    return nanos.getAsLong() - departure.drainedAt() >= DRAIN.toNanos();
  }

  private static String inOneLine(List<String> differences) {
    String first =
        String.join(", ", differences.subList(0, Math.min(MOST_TOLD, differences.size())));
    return differences.size() <= MOST_TOLD
        ? first
        : first + " and " + (differences.size() - MOST_TOLD) + " more";
  }
}
