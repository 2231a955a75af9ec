package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.Backoff;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.update.DriftDetector.Drift;
import dev.rollcall.lb.update.OperatorOverride.Status;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
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
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers of a running HAProxy: changed at run time, compared with the configuration, and
 * deleted when they are idle. Used by one thread at a time.
 *
 * <p>A removed server is in drain until it is idle, and in maintenance after {@link #DRAIN}, so
 * that no client comes in that a cookie binds to it. Other changes do not wait for it.
 *
 * <p>Overrides of operators are kept and carried over our own reloads. Other drift is repaired by
 * commands, or by a reload if that is not possible.
 */
final class RuntimeServers {

  /** Longer than a web request takes. */
  static final Duration DRAIN = Duration.ofSeconds(10);

  /** How often HAProxy is compared with its configuration. */
  static final Duration COMPARE = Duration.ofSeconds(5);

  /** The least time between two reloads that repair a difference; doubled for each in a row. */
  static final Duration REPAIR = Duration.ofSeconds(30);

  private static final Backoff REPAIR_PAUSE = new Backoff(REPAIR, REPAIR.multipliedBy(32), 0);

  /** The least time between two attempts to delete drained servers. */
  static final Duration PAUSE = Duration.ofMillis(250);

  /** From here on a reload leaves them to the old worker. */
  static final int MAX_DRAINING = 500;

  /** HAProxy changes an address some time after its reply. */
  private static final int MAX_LOOKS = 20;

  private static final Duration LOOK_PAUSE = Duration.ofMillis(10);

  private static final Logger log = LoggerFactory.getLogger(RuntimeServers.class);

  /**
   * A removed server that still exists.
   *
   * @param drainedAt in nanoseconds
   * @param definition to reinstate it; null when that cannot be done at run time
   * @param override of an operator at that time; null if there was none
   */
  private record RemovedServer(
      long drainedAt, @Nullable Definition definition, @Nullable OperatorOverride override) {}

  private final Haproxy haproxy;
  private final LongSupplier nanos;
  private final boolean atRunTime;
  private final OperatorOverrides overrides;
  private final NewServerHealth newServers = new NewServerHealth();
  private final Map<ServerName, RemovedServer> removed = new LinkedHashMap<>();

  /** The weights that we set at run time. */
  private final Map<ServerName, Integer> weights = new HashMap<>();

  /** Differences right after a reload: how HAProxy reads the file, and no drift. */
  private Set<String> tolerated = Set.of();

  /** Overrides to set again after a reload; null if none is in progress. */
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

  /** The overrides of operators. Safe from any thread. */
  List<Status> overrides() {
    return overrides.status();
  }

  /** Added servers that fail their checks, each in a sentence. Safe from any thread. */
  List<String> failingNewServers() {
    return newServers.failures();
  }

  /** Removed servers that still exist and can be reinstated. */
  Map<ServerName, Definition> draining() {
    Map<ServerName, Definition> known = new HashMap<>();
    removed.forEach(
        (name, server) -> {
          if (server.definition() != null) {
            known.put(name, server.definition());
          }
        });
    return known;
  }

  /** HAProxy's version; null when its servers must not be changed at run time. */
  @Nullable HaproxyVersion version() {
    String version = haproxy.status().version();
    return atRunTime && version != null ? HaproxyVersion.tryParse(version).orElse(null) : null;
  }

  /**
   * Makes changes, except against overrides, and verifies them.
   *
   * @param running what HAProxy runs
   * @return why a reload is needed; empty when HAProxy has what is wanted
   */
  Optional<String> apply(List<ServerChange> changes, HaproxyConfig running, HaproxyConfig wanted) {
    if (!changes.stream().allMatch(AddServer.class::isInstance)) {
      look().ifPresent(servers -> overrides.update(compare(running, servers).overrides()));
    }
    Optional<String> trouble = changeAndVerify(overrides.withoutOverridden(changes), wanted);
    if (trouble.isPresent()) {
      // If that reload fails, the next comparison finds a partial change.
      compareAt = nanos.getAsLong();
    }
    return trouble;
  }

  private Optional<String> changeAndVerify(List<ServerChange> changes, HaproxyConfig wanted) {
    try {
      if (!changes.isEmpty()) {
        send(changes.stream().map(this::withOverride).toList());
      }
    } catch (RuntimeApiException e) {
      return Optional.of(e.getMessage());
    }
    try {
      for (int look = 1; ; look++) {
        Drift drift = inspect(wanted, haproxy.servers());
        // Only the changed addresses are not there yet.
        boolean late =
            drift.addressDifferences().size() == drift.differences().size()
                && changes.stream().anyMatch(ChangeAddress.class::isInstance);
        if (drift.differences().isEmpty() || !late || look == MAX_LOOKS) {
          return trouble(drift);
        }
        pause();
      }
    } catch (RuntimeApiException e) {
      return Optional.of("what became of it is not known: " + e.getMessage());
    }
  }

  private void send(List<ServerChange> changes) throws RuntimeApiException {
    if (removed.size() >= MAX_DRAINING) {
      throw new RuntimeApiException(removed.size() + " servers wait for their last connection");
    }
    Set<ServerName> left = haproxy.change(changes);
    for (ServerChange change : changes) {
      removed.remove(change.name());
      if (change instanceof AddServer add) {
        weights.put(add.name(), add.server().options().weight());
        newServers.added(add.server());
      } else if (change instanceof ReinstateServer back) {
        weights.put(back.name(), back.server().options().weight());
      } else if (change instanceof ChangeWeight weight) {
        weights.put(weight.name(), weight.weight());
      } else if (change instanceof RemoveServer remove) {
        ServerName name = remove.name();
        weights.remove(name);
        newServers.removed(name);
        if (left.contains(name)) {
          removed.put(
              name,
              new RemovedServer(nanos.getAsLong(), remove.definition(), overrides.find(name)));
        }
      }
    }
  }

  /** A reinstated server keeps its override. */
  private ServerChange withOverride(ServerChange change) {
    RemovedServer before = removed.get(change.name());
    if (!(change instanceof ReinstateServer back) || before == null || before.override() == null) {
      return change;
    }
    OperatorOverride override = before.override();
    Definition server = back.server();
    return new ReinstateServer(
        override.weight() == null
            ? server
            : new Definition(
                server.name(), server.address(), server.options().withWeight(override.weight())),
        override.state() == null ? back.state() : override.state());
  }

  /** Deletes drained servers that are idle, if that is due. */
  void deleteIdle() {
    if (removed.isEmpty() || nanos.getAsLong() - deleteAt < 0) {
      return;
    }
    List<DrainingServer> draining =
        removed.entrySet().stream()
            .map(entry -> new DrainingServer(entry.getKey(), isOverdue(entry.getValue())))
            .toList();
    try {
      removed.keySet().retainAll(haproxy.deleteIdleServers(draining));
    } catch (RuntimeApiException e) {
      deletionProblem = "servers that left cannot be deleted: " + e.getMessage();
    }
    deleteAt = nanos.getAsLong() + PAUSE.toNanos();
  }

  boolean comparisonDue() {
    return deletionProblem != null || nanos.getAsLong() - compareAt >= 0;
  }

  /** Whether a reload may repair drift now; the pauses grow. */
  boolean repairDue() {
    return nanos.getAsLong() - repairAt >= 0;
  }

  /** A reload is about to repair drift. */
  void recordRepair() {
    repairAt =
        nanos.getAsLong() + REPAIR_PAUSE.delay(++repairs, RandomGenerator.getDefault()).toNanos();
  }

  /**
   * Compares HAProxy with its configuration now, and repairs drift by commands if possible.
   *
   * @return why a reload is needed; empty when it is not, or HAProxy could not be asked
   */
  Optional<String> findDrift(HaproxyConfig config) {
    compareAt = nanos.getAsLong() + COMPARE.toNanos();
    if (deletionProblem != null) {
      return Optional.of(deletionProblem);
    }
    Optional<List<ServerState>> servers = look();
    if (servers.isEmpty()) {
      return Optional.empty();
    }
    if (carriedOverrides != null) {
      restoreOverrides();
      return Optional.empty();
    }
    Drift drift = inspect(config, servers.get());
    Optional<String> trouble = trouble(drift);
    if (trouble.isPresent()) {
      return repair(config, drift, trouble.get());
    }
    if (repairDue()) {
      repairs = 0;
    }
    return newServers.reasonToReload(servers.get());
  }

  private Optional<String> repair(HaproxyConfig config, Drift drift, String what) {
    HaproxyVersion version = version();
    if (version == null) {
      return Optional.of(what);
    }
    List<ServerChange> changes = new ArrayList<>(drift.checks());
    try {
      changes.addAll(
          UpdatePlanner.serverChanges(drift.runningConfig(), config, version, draining()));
    } catch (ReloadRequiredException e) {
      return Optional.of(what + "; not while it runs: " + e.reason());
    }
    if (changes.isEmpty()) {
      return Optional.of(what);
    }
    log.warn("{}; correcting it by commands", what);
    return changeAndVerify(changes, config).map(why -> what + "; not while it runs: " + why);
  }

  /**
   * Remembers the overrides, which a reload resets.
   *
   * @param running what HAProxy runs
   */
  void beforeReload(HaproxyConfig running) {
    // After a failed reload, those of the last worker count.
    if (carriedOverrides == null && haproxy.status().running()) {
      look().ifPresent(servers -> overrides.update(compare(running, servers).overrides()));
      carriedOverrides = overrides.current();
    }
  }

  /** There is no new worker. */
  void reloadFailed() {
    carriedOverrides = null;
  }

  /** A new worker serves from a configuration. */
  void afterReload(HaproxyConfig config) {
    removed.clear();
    weights.clear();
    newServers.clear();
    deletionProblem = null;
    tolerated = Set.of();
    compareAt = nanos.getAsLong() + COMPARE.toNanos();
    look().ifPresent(servers -> repairAddresses(config, compare(config, servers)));
    restoreOverrides();
    look()
        .ifPresent(
            servers -> {
              List<String> differences = inspect(config, servers).differences();
              if (!differences.isEmpty()) {
                log.warn(
                    "HAProxy reloaded and has not what its file says, as if it read another one: {}",
                    UpdatePlanner.inOneLine(differences));
              }
              tolerated = Set.copyOf(differences);
            });
  }

  /** With a state file HAProxy has ports of an earlier time. */
  private void repairAddresses(HaproxyConfig config, Drift drift) {
    HaproxyVersion version = version();
    Optional<List<ServerState>> servers = look();
    if (drift.addressDifferences().isEmpty() || version == null || servers.isEmpty()) {
      return;
    }
    Set<String> others = new HashSet<>(drift.differences());
    others.removeAll(drift.addressDifferences());
    tolerated = others;
    try {
      List<ServerChange> changes =
          UpdatePlanner.serverChanges(
              compare(config, servers.get()).runningConfig(), config, version, Map.of());
      log.warn(
          "HAProxy reloaded with other addresses than its file has, as with load-server-state-from-file; correcting them by commands: {}",
          UpdatePlanner.inOneLine(List.copyOf(drift.addressDifferences())));
      changeAndVerify(changes, config)
          .ifPresent(why -> log.warn("HAProxy did not take the addresses of its file: {}", why));
    } catch (ReloadRequiredException e) {
      log.debug("addresses cannot be corrected by commands: {}", e.reason());
    }
    tolerated = Set.of();
  }

  /** Sets the overrides of the old worker in the new one. */
  private void restoreOverrides() {
    Optional<List<ServerState>> servers = carriedOverrides == null ? Optional.empty() : look();
    if (carriedOverrides == null || servers.isEmpty()) {
      return;
    }
    Set<String> present = titles(servers.get());
    List<OperatorOverride> due =
        carriedOverrides.stream().filter(one -> present.contains(one.name().toString())).toList();
    List<ServerChange> changes = due.stream().flatMap(one -> one.changes().stream()).toList();
    if (!changes.isEmpty()) {
      try {
        haproxy.change(changes);
      } catch (RuntimeApiException e) {
        log.error(
            "the reload reset what an operator set by hand for {}, and HAProxy did not take it again: {}; tried again",
            UpdatePlanner.inOneLine(due.stream().map(one -> one.name().toString()).toList()),
            e.getMessage());
        return;
      }
      log.info(
          "set again after the reload, as an operator set it by hand: {}",
          UpdatePlanner.inOneLine(
              due.stream().map(one -> one.name() + " " + one.description()).toList()));
    }
    carriedOverrides = null;
  }

  /** The servers that HAProxy has; empty when it could not be asked. */
  private Optional<List<ServerState>> look() {
    try {
      return Optional.of(haproxy.servers());
    } catch (RuntimeApiException e) {
      log.debug("HAProxy's servers cannot be seen: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private Drift compare(HaproxyConfig config, List<ServerState> servers) {
    return DriftDetector.detect(config, servers, removed.keySet(), weights, tolerated);
  }

  /** Compares, and updates what is known of the servers. */
  private Drift inspect(HaproxyConfig config, List<ServerState> servers) {
    Set<String> present = titles(servers);
    removed.keySet().removeIf(name -> !present.contains(name.toString()));
    weights.keySet().removeIf(name -> !present.contains(name.toString()));
    newServers.update(servers);
    Drift drift = compare(config, servers);
    overrides.update(drift.overrides());
    return drift;
  }

  private static Set<String> titles(List<ServerState> servers) {
    return servers.stream().map(ServerState::title).collect(Collectors.toSet());
  }

  private static Optional<String> trouble(Drift drift) {
    return drift.differences().isEmpty()
        ? Optional.empty()
        : Optional.of(
            "HAProxy has not what it should: " + UpdatePlanner.inOneLine(drift.differences()));
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isOverdue(RemovedServer server) {
    return nanos.getAsLong() - server.drainedAt() >= DRAIN.toNanos();
  }
}
