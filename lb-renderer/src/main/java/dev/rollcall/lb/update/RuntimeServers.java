package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.BackendChange.RemoveBackend;
import dev.rollcall.lb.haproxy.BackendChange.SetPublished;
import dev.rollcall.lb.haproxy.BackendTable;
import dev.rollcall.lb.haproxy.Backoff;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.HaproxyChange;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.MapChange;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.ServerChange;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeAddress;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.ReinstateServer;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.StopTraffic;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.update.DriftDetector.Drift;
import dev.rollcall.lb.update.OperatorOverride.Status;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The servers, backends and maps of a running HAProxy: changed at run time, compared with the
 * configuration, and deleted when they are idle. Used by one thread at a time.
 *
 * <p>A removed server is in drain until it is idle, and in maintenance after {@link #DRAIN}, so
 * that no client comes in that a cookie binds to it. A removed backend is unpublished, so that no
 * client comes in at all; its servers serve until it is idle. Other changes do not wait for them.
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
   * @param withBackend whether its whole backend was removed
   */
  private record RemovedServer(
      long drainedAt,
      @Nullable Definition definition,
      @Nullable OperatorOverride override,
      boolean withBackend) {}

  /**
   * A removed backend that still exists.
   *
   * @param defaults the name of its defaults section
   * @param override whether an operator had unpublished it before
   */
  private record RemovedBackend(String defaults, boolean override) {}

  /**
   * What HAProxy has.
   *
   * @param backends null when they are those of its file
   */
  private record View(List<ServerState> servers, @Nullable BackendTable backends) {}

  private final Haproxy haproxy;
  private final LongSupplier nanos;
  private final boolean atRunTime;
  private final OperatorOverrides overrides;
  private final NewServerHealth newServers = new NewServerHealth();
  private final Map<ServerName, RemovedServer> removed = new LinkedHashMap<>();
  private final Map<String, RemovedBackend> removedBackends = new LinkedHashMap<>();

  /** Backends that an operator has unpublished, and since when they were seen so. */
  private volatile Map<String, Long> unpublished = Map.of();

  /** Of another file, or added by somebody else: those that were there at the first look. */
  private Set<String> foreignBackends = Set.of();

  /** The worker of that look; 0 before the first. */
  private long foreignWorker;

  /** The weights that we set at run time. */
  private final Map<ServerName, Integer> weights = new HashMap<>();

  /** Differences right after a reload: how HAProxy reads the file, and no drift. */
  private Set<String> tolerated = Set.of();

  /** Overrides to set again after a reload; null if none is in progress. */
  private @Nullable List<OperatorOverride> carriedOverrides;

  private Set<String> carriedUnpublished = Set.of();

  private @Nullable String deletionProblem;

  /** Whether the last look failed, which is warned of once. */
  private boolean unseen;

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
    List<Status> all = new ArrayList<>(overrides.status());
    long now = nanos.getAsLong();
    unpublished.forEach(
        (name, since) -> all.add(new Status(name, "unpublished", Duration.ofNanos(now - since))));
    return all;
  }

  /** Added servers that fail their checks, each in a sentence. Safe from any thread. */
  List<String> failingNewServers() {
    return newServers.failures();
  }

  /** What was removed, still exists and can be reinstated. */
  Draining draining() {
    Map<ServerName, Definition> known = new HashMap<>();
    removed.forEach(
        (name, server) -> {
          if (server.definition() != null) {
            known.put(name, server.definition());
          }
        });
    Map<String, String> backends = new HashMap<>();
    removedBackends.forEach((name, backend) -> backends.put(name, backend.defaults()));
    return new Draining(known, backends);
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
  Optional<String> apply(List<HaproxyChange> changes, HaproxyConfig running, HaproxyConfig wanted) {
    List<? extends HaproxyChange> due = changes;
    if (isOnlyAddedAndRemoved(changes)) {
      try {
        due = changeTraffic(changes);
      } catch (RuntimeApiException e) {
        compareAt = nanos.getAsLong();
        return Optional.of(e.getMessage());
      }
    }
    if (due.stream().anyMatch(RuntimeServers::mayMeetOverride)) {
      look().ifPresent(view -> updateOverrides(compare(running, view)));
    }
    Optional<String> trouble = verified(changes, wanted, change(overrides.withoutOverridden(due)));
    if (trouble.isPresent()) {
      // If that reload fails, the next comparison finds a partial change.
      compareAt = nanos.getAsLong();
    } else if (!removedBackends.isEmpty()) {
      deleteAt = nanos.getAsLong();
      deleteIdle();
    }
    return trouble;
  }

  /** Whether servers join and leave, and nothing else changes. */
  private static boolean isOnlyAddedAndRemoved(List<HaproxyChange> changes) {
    return changes.stream()
        .allMatch(change -> change instanceof AddServer || change instanceof RemoveServer);
  }

  /**
   * Makes the part of a change that traffic waits for, before HAProxy is looked at: servers join,
   * and those that leave get nothing new.
   *
   * @return what is left to be done
   */
  private List<HaproxyChange> changeTraffic(List<HaproxyChange> changes)
      throws RuntimeApiException {
    List<HaproxyChange> first = new ArrayList<>();
    List<HaproxyChange> left = new ArrayList<>();
    for (HaproxyChange change : changes) {
      if (change instanceof RemoveServer remove) {
        left.add(remove);
        // With an order of an operator, it is not known what would stop its traffic.
        if (overrides.find(remove.name()) == null) {
          first.add(new StopTraffic(remove.name()));
        }
      } else {
        first.add(change);
      }
    }
    if (!first.isEmpty()) {
      send(first);
    }
    return left;
  }

  private static boolean mayMeetOverride(HaproxyChange change) {
    return change instanceof RemoveBackend
        || (change instanceof ServerChange && !(change instanceof AddServer));
  }

  private Optional<String> changeAndVerify(
      List<? extends HaproxyChange> changes, HaproxyConfig wanted) {
    return verified(changes, wanted, change(changes));
  }

  /** Makes changes; returns what went wrong. */
  private Optional<String> change(List<? extends HaproxyChange> changes) {
    try {
      List<HaproxyChange> allowed = new ArrayList<>();
      for (HaproxyChange change : changes) {
        if (change instanceof ServerChange server) {
          allowed.add(withOverride(server));
        } else if (!isOverridden(change)) {
          allowed.add(change);
        }
      }
      if (!allowed.isEmpty()) {
        send(allowed);
      }
      return Optional.empty();
    } catch (RuntimeApiException e) {
      return Optional.of(e.getMessage());
    }
  }

  /**
   * Whether HAProxy has what was changed.
   *
   * @param failed what went wrong before
   */
  private Optional<String> verified(
      List<? extends HaproxyChange> changes, HaproxyConfig wanted, Optional<String> failed) {
    if (failed.isPresent()) {
      return failed;
    }
    Map<String, MapFile> maps = new LinkedHashMap<>();
    for (HaproxyChange change : changes) {
      if (change instanceof MapChange map) {
        maps.put(map.map().path(), map.map());
      }
    }
    try {
      Collection<String> different = mapDifferences(maps).values();
      if (!different.isEmpty()) {
        return trouble(different);
      }
      for (int look = 1; ; look++) {
        Drift drift = driftOf(changes, wanted);
        // Only the changed addresses are not there yet.
        boolean late =
            drift.addressDifferences().size() == drift.differences().size()
                && changes.stream().anyMatch(ChangeAddress.class::isInstance);
        if (drift.differences().isEmpty() || !late || look == MAX_LOOKS) {
          return trouble(drift.differences());
        }
        pause();
      }
    } catch (RuntimeApiException e) {
      return Optional.of("what became of it is not known: " + e.getMessage());
    }
  }

  /**
   * Looks at the servers that were changed, and at all if more than servers changed. The others are
   * compared every {@link #COMPARE}.
   */
  private Drift driftOf(List<? extends HaproxyChange> changes, HaproxyConfig wanted)
      throws RuntimeApiException {
    if (!changes.stream().allMatch(ServerChange.class::isInstance)) {
      return inspect(wanted, view());
    }
    Set<ServerName> names = new LinkedHashSet<>();
    changes.forEach(change -> names.add(((ServerChange) change).name()));
    List<ServerState> present = haproxy.servers(names);
    Set<String> titles = titles(present);
    removed.keySet().removeIf(name -> names.contains(name) && !titles.contains(name.toString()));
    return DriftDetector.detect(wanted, present, removed.keySet(), weights, tolerated, names);
  }

  /** Whether a backend comes back that an operator had unpublished. */
  private boolean isOverridden(HaproxyChange change) {
    if (change instanceof SetPublished set && set.published()) {
      RemovedBackend before = removedBackends.get(set.name());
      if (before != null && before.override()) {
        removedBackends.remove(set.name());
        log.info("backend {} stays unpublished, as set by hand", set.name());
        return true;
      }
    }
    return false;
  }

  private void send(List<HaproxyChange> changes) throws RuntimeApiException {
    if (removed.size() >= MAX_DRAINING) {
      throw new RuntimeApiException(removed.size() + " servers wait for their last connection");
    }
    Set<ServerName> left = haproxy.change(changes);
    for (HaproxyChange each : changes) {
      if (each instanceof RemoveBackend remove) {
        recordRemoved(remove);
        continue;
      }
      if (each instanceof SetPublished set) {
        removedBackends.remove(set.name());
      }
      if (!(each instanceof ServerChange change)) {
        continue;
      }
      removed.remove(change.name());
      if (change instanceof AddServer add) {
        weights.put(add.name(), add.server().options().weight());
        newServers.added(add.server());
      } else if (change instanceof ReinstateServer back) {
        weights.put(back.name(), back.server().options().weight());
      } else if (change instanceof ChangeWeight weight) {
        weights.put(weight.name(), weight.weight());
      } else if (change instanceof StopTraffic stop) {
        weights.put(stop.name(), 0);
      } else if (change instanceof RemoveServer remove) {
        ServerName name = remove.name();
        weights.remove(name);
        newServers.removed(name);
        if (left.contains(name)) {
          removed.put(
              name,
              new RemovedServer(
                  nanos.getAsLong(), remove.definition(), overrides.find(name), false));
        }
      }
    }
  }

  private void recordRemoved(RemoveBackend remove) {
    removedBackends.put(
        remove.name(),
        new RemovedBackend(remove.defaults(), unpublished.containsKey(remove.name())));
    for (RemoveServer server : remove.servers()) {
      ServerName name = server.name();
      weights.remove(name);
      newServers.removed(name);
      removed.put(
          name,
          new RemovedServer(nanos.getAsLong(), server.definition(), overrides.find(name), true));
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

  /** Deletes drained servers and unpublished backends that are idle, if that is due. */
  void deleteIdle() {
    if ((removed.isEmpty() && removedBackends.isEmpty()) || nanos.getAsLong() - deleteAt < 0) {
      return;
    }
    List<DrainingServer> draining =
        removed.entrySet().stream()
            .map(
                entry ->
                    new DrainingServer(
                        entry.getKey(),
                        isOverdue(entry.getValue()),
                        entry.getValue().withBackend()))
            .toList();
    try {
      if (!draining.isEmpty()) {
        removed.keySet().retainAll(haproxy.deleteIdleServers(draining));
      }
      Set<String> empty = new LinkedHashSet<>(removedBackends.keySet());
      removed.keySet().forEach(name -> empty.remove(name.backend()));
      if (!empty.isEmpty()) {
        empty.removeAll(haproxy.deleteIdleBackends(empty));
        removedBackends.keySet().removeAll(empty);
      }
    } catch (RuntimeApiException e) {
      deletionProblem = "what left cannot be deleted: " + e.getMessage();
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
   * @param maps those whose entries can be changed at run time, as HAProxy should have them
   * @return why a reload is needed; empty when it is not, or HAProxy could not be asked
   */
  Optional<String> findDrift(HaproxyConfig config, Collection<MapFile> maps) {
    compareAt = nanos.getAsLong() + COMPARE.toNanos();
    if (deletionProblem != null) {
      return Optional.of(deletionProblem);
    }
    Optional<View> view = look();
    if (view.isEmpty()) {
      return Optional.empty();
    }
    if (carriedOverrides != null) {
      restoreOverrides();
      return Optional.empty();
    }
    Drift drift = inspect(config, view.get());
    Map<String, MapFile> different = new LinkedHashMap<>();
    List<String> differences = new ArrayList<>(drift.differences());
    Map<String, List<MapFile.Entry>> entries = Map.of();
    if (!maps.isEmpty() && version() != null) {
      try {
        entries = haproxy.maps(maps.stream().map(MapFile::path).toList());
      } catch (RuntimeApiException e) {
        return Optional.of("HAProxy has not what it should: " + e.getMessage());
      }
      Map<String, String> words = DriftDetector.mapDifferences(maps, entries);
      words.values().removeAll(tolerated);
      differences.addAll(words.values());
      maps.stream()
          .filter(map -> words.containsKey(map.path()))
          .forEach(map -> different.put(map.path(), map));
    }
    Optional<String> trouble = trouble(differences);
    if (trouble.isPresent()) {
      return repair(config, drift, different.values(), entries, trouble.get());
    }
    if (repairDue()) {
      repairs = 0;
    }
    return newServers.reasonToReload(view.get().servers()).or(haproxy::reasonToReload);
  }

  private Optional<String> repair(
      HaproxyConfig config,
      Drift drift,
      Collection<MapFile> maps,
      Map<String, List<MapFile.Entry>> entries,
      String what) {
    HaproxyVersion version = version();
    if (version == null) {
      return Optional.of(what);
    }
    List<HaproxyChange> changes = new ArrayList<>(drift.checks());
    try {
      List<MapChange> mapChanges = new ArrayList<>();
      for (MapFile map : maps) {
        MapChange.between(entries.getOrDefault(map.path(), List.of()), map)
            .ifPresent(mapChanges::add);
      }
      changes.addAll(
          drift.differences().isEmpty()
              ? mapChanges
              : UpdatePlanner.runtimeChanges(
                  drift.runningConfig(), config, version, draining(), mapChanges));
    } catch (IllegalArgumentException e) {
      return Optional.of(what + "; not while it runs: " + e.getMessage());
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
      look().ifPresent(view -> updateOverrides(compare(running, view)));
      carriedOverrides = overrides.current();
      carriedUnpublished = unpublished.keySet();
    }
  }

  /** There is no new worker. */
  void reloadFailed() {
    carriedOverrides = null;
  }

  /**
   * A new worker serves from a configuration.
   *
   * @param maps as HAProxy should have read them
   */
  void afterReload(HaproxyConfig config, Collection<MapFile> maps) {
    removed.clear();
    removedBackends.clear();
    weights.clear();
    newServers.clear();
    deletionProblem = null;
    tolerated = Set.of();
    compareAt = nanos.getAsLong() + COMPARE.toNanos();
    look().ifPresent(view -> repairAddresses(config, compare(config, view)));
    restoreOverrides();
    look()
        .ifPresent(
            view -> {
              List<String> differences = new ArrayList<>(inspect(config, view).differences());
              differences.addAll(differencesOf(maps));
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
    Optional<View> view = look();
    if (drift.addressDifferences().isEmpty() || version == null || view.isEmpty()) {
      return;
    }
    Set<String> others = new HashSet<>(drift.differences());
    others.removeAll(drift.addressDifferences());
    tolerated = others;
    try {
      List<HaproxyChange> changes =
          UpdatePlanner.runtimeChanges(
              compare(config, view.get()).runningConfig(),
              config,
              version,
              Draining.NONE,
              List.of());
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
    Optional<View> view = carriedOverrides == null ? Optional.empty() : look();
    if (carriedOverrides == null || view.isEmpty()) {
      return;
    }
    Set<String> present = titles(view.get().servers());
    BackendTable backends = view.get().backends();
    List<String> hidden =
        carriedUnpublished.stream()
            .filter(name -> backends != null && backends.rows().containsKey(name))
            .sorted()
            .toList();
    List<OperatorOverride> due =
        carriedOverrides.stream().filter(one -> present.contains(one.name().toString())).toList();
    List<HaproxyChange> changes = new ArrayList<>();
    due.forEach(one -> changes.addAll(one.changes()));
    hidden.forEach(name -> changes.add(new SetPublished(name, false)));
    if (!changes.isEmpty()) {
      try {
        haproxy.change(changes);
      } catch (RuntimeApiException e) {
        log.error(
            "the reload reset what an operator set by hand for {}, and HAProxy did not take it again: {}; tried again",
            UpdatePlanner.inOneLine(
                changes.stream().map(HaproxyChange::subject).distinct().toList()),
            e.getMessage());
        return;
      }
      log.info(
          "set again after the reload, as an operator set it by hand: {}",
          UpdatePlanner.inOneLine(
              Stream.concat(
                      due.stream().map(one -> one.name() + " " + one.description()),
                      hidden.stream().map(name -> "backend " + name + " unpublished"))
                  .toList()));
    }
    carriedOverrides = null;
    carriedUnpublished = Set.of();
  }

  private View view() throws RuntimeApiException {
    HaproxyVersion version = version();
    boolean canChange = version != null && version.atLeast(HaproxyVersion.RUNTIME_BACKENDS);
    return new View(haproxy.servers(), canChange ? haproxy.backends() : null);
  }

  /** What HAProxy has; empty when it could not be asked. */
  private Optional<View> look() {
    try {
      View view = view();
      unseen = false;
      return Optional.of(view);
    } catch (RuntimeApiException e) {
      log.atLevel(unseen ? Level.DEBUG : Level.WARN)
          .log(
              "HAProxy's servers cannot be seen, and are looked at again later: {}",
              e.getMessage());
      unseen = true;
      return Optional.empty();
    }
  }

  private Drift compare(HaproxyConfig config, View view) {
    return DriftDetector.detect(
        config,
        view.servers(),
        view.backends() == null ? null : backends(config, view.backends()),
        removed.keySet(),
        weights,
        tolerated);
  }

  /** What else a worker has when it is seen first is of another file, or of nobody's concern. */
  private DriftDetector.Backends backends(HaproxyConfig config, BackendTable table) {
    if (table.worker() != foreignWorker) {
      Set<String> foreign = new HashSet<>(table.rows().keySet());
      config.sections().forEach(section -> foreign.remove(section.name()));
      foreignBackends = foreign;
      foreignWorker = table.worker();
    }
    Set<String> ignored = new HashSet<>(foreignBackends);
    ignored.addAll(removedBackends.keySet());
    return new DriftDetector.Backends(table.rows(), ignored);
  }

  /** Compares, and updates what is known of the servers. */
  private Drift inspect(HaproxyConfig config, View view) {
    Set<String> present = titles(view.servers());
    removed.keySet().removeIf(name -> !present.contains(name.toString()));
    weights.keySet().removeIf(name -> !present.contains(name.toString()));
    if (view.backends() != null) {
      removedBackends.keySet().retainAll(view.backends().rows().keySet());
    }
    adoptServersOfRemovedBackends(view.servers());
    newServers.update(view.servers());
    Drift drift = compare(config, view);
    updateOverrides(drift);
    return drift;
  }

  /** Somebody else may have added a server to a backend that leaves. */
  private void adoptServersOfRemovedBackends(List<ServerState> servers) {
    for (ServerState state : servers) {
      if (removedBackends.containsKey(state.backend()) && ServerName.legal(state.server())) {
        removed.putIfAbsent(
            new ServerName(state.backend(), state.server()),
            new RemovedServer(nanos.getAsLong(), null, null, true));
      }
    }
  }

  private void updateOverrides(Drift drift) {
    overrides.update(drift.overrides());
    Map<String, Long> before = unpublished;
    Map<String, Long> now = new TreeMap<>();
    for (String name : drift.unpublished()) {
      if (!before.containsKey(name)) {
        log.info(
            "backend {} was unpublished by hand at HAProxy's socket: left alone until that is undone there",
            name);
      }
      now.put(name, before.getOrDefault(name, nanos.getAsLong()));
    }
    for (String name : before.keySet()) {
      if (!now.containsKey(name)) {
        log.info("backend {} is no longer unpublished by hand", name);
      }
    }
    unpublished = Collections.unmodifiableMap(now);
  }

  private Map<String, String> mapDifferences(Map<String, MapFile> maps) throws RuntimeApiException {
    return maps.isEmpty()
        ? Map.of()
        : DriftDetector.mapDifferences(maps.values(), haproxy.maps(maps.keySet()));
  }

  /** Empty when HAProxy could not be asked. */
  private Collection<String> differencesOf(Collection<MapFile> maps) {
    if (maps.isEmpty() || version() == null) {
      return List.of();
    }
    try {
      return DriftDetector.mapDifferences(
              maps, haproxy.maps(maps.stream().map(MapFile::path).toList()))
          .values();
    } catch (RuntimeApiException e) {
      log.debug("HAProxy's maps cannot be seen: {}", e.getMessage());
      return List.of();
    }
  }

  private static Set<String> titles(List<ServerState> servers) {
    return servers.stream().map(ServerState::title).collect(Collectors.toSet());
  }

  private static Optional<String> trouble(Collection<String> differences) {
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "HAProxy has not what it should: " + UpdatePlanner.inOneLine(List.copyOf(differences)));
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
