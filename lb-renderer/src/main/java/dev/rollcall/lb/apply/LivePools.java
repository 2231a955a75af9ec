package dev.rollcall.lb.apply;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.Haproxy;
import dev.rollcall.lb.runtime.ChangeOutcome;
import dev.rollcall.lb.runtime.Drift;
import dev.rollcall.lb.runtime.HaproxyVersion;
import dev.rollcall.lb.runtime.Leaving;
import dev.rollcall.lb.runtime.PoolServer;
import dev.rollcall.lb.runtime.RunningServers;
import dev.rollcall.lb.runtime.RuntimeDecision;
import dev.rollcall.lb.runtime.ServerDiff;
import dev.rollcall.lb.runtime.ServerName;
import dev.rollcall.lb.runtime.ServerOrder;
import dev.rollcall.lb.runtime.ServerState;
import dev.rollcall.lb.runtime.ServerStep;
import dev.rollcall.lb.runtime.ServerStep.AddServer;
import dev.rollcall.lb.runtime.ServerStep.ChangeAddress;
import dev.rollcall.lb.runtime.ServerStep.ChangeWeight;
import dev.rollcall.lb.runtime.ServerStep.RemoveServer;
import dev.rollcall.lb.runtime.ServerStep.ReturnServer;
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
 * OrderBook}); what differs otherwise is mended by commands, and by a reload where they cannot.
 */
final class LivePools {

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

  private static final Logger log = LoggerFactory.getLogger(LivePools.class);

  /**
   * A server on its way out.
   *
   * @param since when it was drained, in nanoseconds
   * @param was what HAProxy knows of it; null when that is more than can be said at run time
   * @param order of an operator that stood then; null if none did
   */
  private record Departure(long since, @Nullable PoolServer was, @Nullable ServerOrder order) {}

  private final Haproxy haproxy;
  private final LongSupplier nanos;
  private final boolean atRunTime;
  private final OrderBook orders;
  private final Newcomers newcomers = new Newcomers();
  private final Map<ServerName, Departure> departures = new LinkedHashMap<>();

  /** What we gave to servers while they ran. */
  private final Map<ServerName, Integer> weights = new HashMap<>();

  /** What differs right after a reload is how HAProxy reads the file, and no drift. */
  private Set<String> tolerated = Set.of();

  /** Orders that a reload makes HAProxy forget; null while none is under way. */
  private @Nullable List<ServerOrder> carried;

  private @Nullable String complaint;
  private long lookAt;
  private long deleteAt;
  private long mendAt;
  private int mended;

  LivePools(Haproxy haproxy, LongSupplier nanos, boolean atRunTime) {
    this.haproxy = haproxy;
    this.nanos = nanos;
    this.atRunTime = atRunTime;
    this.orders = new OrderBook(nanos);
    this.lookAt = nanos.getAsLong();
    this.deleteAt = lookAt;
    this.mendAt = lookAt;
  }

  /** The orders of operators that stand. Safe from any thread. */
  List<StandingOrder> orders() {
    return orders.standing();
  }

  /** What is known of servers that joined at run time and never came up. Safe from any thread. */
  List<String> doubts() {
    return newcomers.doubts();
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
   * Makes a change and looks whether HAProxy has it. What an operator ordered is left alone.
   *
   * @param running what HAProxy runs
   * @return why a reload has to bring HAProxy level; empty when it has what is wanted
   */
  Optional<String> make(List<ServerStep> steps, HaproxyConfig running, HaproxyConfig wanted) {
    boolean joinsAlone = steps.stream().allMatch(AddServer.class::isInstance);
    if (!joinsAlone && haproxy.servers() instanceof RunningServers.Seen seen) {
      orders.note(compare(running, seen).orders());
    }
    Optional<String> trouble = change(orders.obeying(steps), wanted);
    if (trouble.isPresent()) {
      // Should that reload not come about, the next look finds what was made in part.
      lookAt = nanos.getAsLong();
    }
    return trouble;
  }

  private Optional<String> change(List<ServerStep> steps, HaproxyConfig wanted) {
    Optional<String> refused = tell(steps);
    if (refused.isPresent()) {
      return refused;
    }
    for (int look = 1; ; look++) {
      RunningServers running = haproxy.servers();
      if (running instanceof RunningServers.Unseen unseen) {
        return Optional.of("what became of it is not known: " + unseen.why());
      }
      Drift drift = looked(wanted, (RunningServers.Seen) running);
      // From 3.0 on HAProxy changes an address some time after its reply.
      boolean late =
          drift.moved().size() == drift.differences().size()
              && steps.stream().anyMatch(ChangeAddress.class::isInstance);
      if (drift.differences().isEmpty() || !late || look == MOST_LOOKS) {
        return trouble(drift);
      }
      pause();
    }
  }

  /** Why HAProxy did not do all of it; empty when it said that it did. */
  private Optional<String> tell(List<ServerStep> told) {
    List<ServerStep> steps = told.stream().map(this::keepingOrder).toList();
    if (steps.isEmpty()) {
      return Optional.empty();
    }
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
      if (step instanceof AddServer add) {
        weights.put(add.name(), add.server().options().weight());
        newcomers.joined(add.server());
      } else if (step instanceof ReturnServer back) {
        weights.put(back.name(), back.server().options().weight());
      } else if (step instanceof ChangeWeight change) {
        weights.put(change.name(), change.weight());
      } else if (step instanceof RemoveServer remove) {
        weights.remove(remove.name());
        newcomers.left(remove.name());
        if (left.contains(remove.name())) {
          departures.put(
              remove.name(),
              new Departure(nanos.getAsLong(), remove.was(), orders.of(remove.name())));
        }
      }
    }
    return Optional.empty();
  }

  /** A server that comes back before it is gone comes back as it was ordered to be. */
  private ServerStep keepingOrder(ServerStep step) {
    Departure departure = departures.get(step.name());
    if (!(step instanceof ReturnServer back) || departure == null || departure.order() == null) {
      return step;
    }
    ServerOrder order = departure.order();
    PoolServer server = back.server();
    return new ReturnServer(
        order.weight() == null
            ? server
            : new PoolServer(
                server.name(), server.address(), server.options().withWeight(order.weight())),
        order.state() == null ? back.state() : order.state());
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

  /** Whether a reload may mend a difference already; each in a row has to wait longer. */
  boolean mendDue() {
    return nanos.getAsLong() - mendAt >= 0;
  }

  /** Takes note of a reload that is to mend a difference. */
  void mending() {
    mendAt = nanos.getAsLong() + (MEND.toNanos() << Math.min(mended++, MOST_DOUBLINGS));
  }

  /**
   * Compares HAProxy with the configuration that it should have, now, and mends by commands what
   * they can mend.
   *
   * @return why a reload has to bring it level; empty when it is, or when it does not tell
   */
  Optional<String> trouble(HaproxyConfig config) {
    lookAt = nanos.getAsLong() + LOOK.toNanos();
    if (complaint != null) {
      return Optional.of(complaint);
    }
    if (!(haproxy.servers() instanceof RunningServers.Seen seen)) {
      return Optional.empty();
    }
    if (carried != null) {
      orderAgain();
      return Optional.empty();
    }
    Drift drift = looked(config, seen);
    Optional<String> trouble = trouble(drift);
    if (trouble.isPresent()) {
      return mend(config, drift, trouble.get());
    }
    if (nanos.getAsLong() - mendAt >= 0) {
      mended = 0;
    }
    return newcomers.trouble(seen.state());
  }

  private Optional<String> mend(HaproxyConfig config, Drift drift, String what) {
    Optional<HaproxyVersion> version = version();
    if (version.isEmpty()) {
      return Optional.of(what);
    }
    RuntimeDecision decision =
        ServerDiff.between(drift.actual(), config, version.get(), departing());
    if (decision instanceof RuntimeDecision.ByReload reload) {
      return Optional.of(what + "; not while it runs: " + reload.reason());
    }
    List<ServerStep> steps = new ArrayList<>(drift.checks());
    steps.addAll(((RuntimeDecision.AtRunTime) decision).steps());
    if (steps.isEmpty()) {
      return Optional.of(what);
    }
    log.warn("{}; correcting it by commands", what);
    return change(steps, config).map(why -> what + "; not while it runs: " + why);
  }

  private Optional<HaproxyVersion> version() {
    String told = haproxy.status().version();
    return atRunTime && told != null ? HaproxyVersion.find(told) : Optional.empty();
  }

  /**
   * Takes note of the orders that stand, as a reload makes HAProxy forget them.
   *
   * @param running what HAProxy runs
   */
  void reloading(HaproxyConfig running) {
    // After a reload that failed, those that the last worker had count.
    if (carried == null && haproxy.status().running()) {
      if (haproxy.servers() instanceof RunningServers.Seen seen) {
        orders.note(compare(running, seen).orders());
      }
      carried = orders.orders();
    }
  }

  /** Takes note that no new worker came of a reload. */
  void notReloaded() {
    carried = null;
  }

  /** Takes note that a new worker serves from a configuration. */
  void reloaded(HaproxyConfig config) {
    departures.clear();
    weights.clear();
    newcomers.clear();
    complaint = null;
    tolerated = Set.of();
    lookAt = nanos.getAsLong() + LOOK.toNanos();
    if (haproxy.servers() instanceof RunningServers.Seen seen) {
      Drift drift = compare(config, seen);
      if (!drift.moved().isEmpty()) {
        tellAddresses(config, drift);
      }
    }
    orderAgain();
    if (haproxy.servers() instanceof RunningServers.Seen seen) {
      List<String> differences = looked(config, seen).differences();
      if (!differences.isEmpty()) {
        log.warn(
            "HAProxy reloaded and has not what its file says, as if it read another one: {}",
            inOneLine(differences));
      }
      tolerated = Set.copyOf(differences);
    }
  }

  /** With a state file HAProxy has the ports of an earlier time. */
  private void tellAddresses(HaproxyConfig config, Drift drift) {
    Set<String> others = new HashSet<>(drift.differences());
    others.removeAll(drift.moved());
    tolerated = others;
    Optional<HaproxyVersion> version = version();
    if (haproxy.servers() instanceof RunningServers.Seen seen
        && version.isPresent()
        && ServerDiff.between(compare(config, seen).actual(), config, version.get(), Map.of())
            instanceof RuntimeDecision.AtRunTime change) {
      log.warn(
          "HAProxy reloaded with other addresses than its file has, as with load-server-state-from-file; correcting them by commands: {}",
          inOneLine(List.copyOf(drift.moved())));
      change(change.steps(), config)
          .ifPresent(why -> log.warn("HAProxy did not take the addresses of its file: {}", why));
    }
    tolerated = Set.of();
  }

  /** Gives the new worker the orders that the one before it had. */
  private void orderAgain() {
    if (carried == null || !(haproxy.servers() instanceof RunningServers.Seen seen)) {
      return;
    }
    Set<String> present = names(seen);
    List<ServerOrder> due =
        carried.stream().filter(order -> present.contains(order.name().toString())).toList();
    List<ServerStep> steps = due.stream().flatMap(order -> order.steps().stream()).toList();
    if (!steps.isEmpty()) {
      ChangeOutcome outcome = haproxy.change(steps);
      if (outcome instanceof ChangeOutcome.NotMade not) {
        log.error(
            "the reload reset what an operator set by hand for {}, and HAProxy did not take it again: {}; tried again",
            inOneLine(due.stream().map(order -> order.name().toString()).toList()),
            not.reason());
        return;
      }
      log.info(
          "set again after the reload, as an operator set it by hand: {}",
          inOneLine(due.stream().map(order -> order.name() + " " + order.inWords()).toList()));
    }
    carried = null;
  }

  private Drift compare(HaproxyConfig config, RunningServers.Seen seen) {
    return Drift.between(config, seen.state(), departures.keySet(), weights, tolerated);
  }

  /** Compares, and takes note of what is seen beside. */
  private Drift looked(HaproxyConfig config, RunningServers.Seen seen) {
    Set<String> present = names(seen);
    departures.keySet().removeIf(name -> !present.contains(name.toString()));
    weights.keySet().removeIf(name -> !present.contains(name.toString()));
    newcomers.look(seen.state());
    Drift drift = compare(config, seen);
    orders.note(drift.orders());
    return drift;
  }

  private static Set<String> names(RunningServers.Seen seen) {
    Set<String> present = new HashSet<>();
    for (ServerState server : seen.state().servers()) {
      present.add(server.backend() + "/" + server.server());
    }
    return present;
  }

  private static Optional<String> trouble(Drift drift) {
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
