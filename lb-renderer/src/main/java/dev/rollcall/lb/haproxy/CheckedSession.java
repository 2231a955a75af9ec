package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.PrintableText;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A session in which every reply is checked, with one deadline for all. The first unexpected reply
 * ends a change, because only a reload is then sure to help. Never waits for a server's last
 * connection. Used by one thread.
 */
final class CheckedSession {

  static final String BUSY = "Server still has connections attached to it, cannot remove it.";

  private static final Logger log = LoggerFactory.getLogger(CheckedSession.class);

  /** A reference, the key, and the value. */
  private static final Pattern MAP_ENTRY = Pattern.compile("0x[0-9a-f]+ (\\S+) ?(.*)");

  /** 2026-01-01: numbers of servers have 31 bits. */
  private static final long FIRST_SECOND = 1_767_225_600;

  /** So many servers are asked for one by one. */
  private static final int MOST_SINGLE = 8;

  /** Hundreds of commands take some ten milliseconds; an HAProxy that takes this long hangs. */
  static final Duration LONGEST = Duration.ofSeconds(30);

  private final RuntimeApi.Session session;
  private final LongSupplier nanos;
  private final long deadline;

  CheckedSession(RuntimeApi.Session session) {
    this(session, System::nanoTime);
  }

  CheckedSession(RuntimeApi.Session session, LongSupplier nanos) {
    this.session = session;
    this.nanos = nanos;
    this.deadline = nanos.getAsLong() + LONGEST.toNanos();
  }

  /**
   * Makes changes. Servers to remove are drained, and deleted at once if they are idle; backends to
   * remove are only unpublished.
   *
   * <p>If the version is known, traffic does not wait until the worker has been asked for it. It is
   * asked in the end, as it may be another one, or an old one by now.
   *
   * @param changes in order; those that remove servers last
   * @param seen of the worker a moment ago; null if it is not known
   * @return the removed servers that are not idle: delete them later
   */
  Set<ServerName> apply(List<? extends HaproxyChange> changes, @Nullable HaproxyVersion seen)
      throws RuntimeApiException {
    HaproxyVersion first =
        changes.stream()
            .map(CheckedSession::firstVersion)
            .max(Comparator.naturalOrder())
            .orElse(HaproxyVersion.SERVER_STATES);
    boolean known = seen != null && seen.atLeast(first);
    if (!known) {
      requireVersion(first);
    }
    List<RemoveServer> removals = new ArrayList<>();
    List<HaproxyChange> others = new ArrayList<>();
    for (HaproxyChange change : changes) {
      if (change instanceof RemoveServer remove) {
        removals.add(remove);
      } else {
        others.add(change);
      }
    }
    // Servers are removed only after the others were added.
    run(withUniqueIds(others));
    run(removals);
    if (known) {
      requireVersion(first);
    }
    try {
      return delete(removals.stream().map(one -> new DrainingServer(one.name(), false)).toList());
    } catch (RuntimeApiException e) {
      if (!e.isStalledReply()) {
        throw e;
      }
      log.debug("{}; what leaves is deleted later", e.getMessage());
      return removals.stream().map(RemoveServer::name).collect(Collectors.toSet());
    }
  }

  /**
   * Deletes drained servers that are idle or overdue: maintenance, then deletion. In maintenance a
   * server with requests in flight would be deleted at an unknown time, so it stays in drain until
   * then.
   *
   * @return those that still exist
   */
  Set<ServerName> deleteIdle(Collection<DrainingServer> servers) throws RuntimeApiException {
    requireVersion(HaproxyVersion.RUNTIME_SERVERS);
    return delete(servers);
  }

  private Set<ServerName> delete(Collection<DrainingServer> servers) throws RuntimeApiException {
    Map<String, Map<ServerName, Long>> sessions = new HashMap<>();
    Map<String, BackendTable.Row> backends =
        servers.stream().anyMatch(DrainingServer::withBackend) ? backendRows() : Map.of();
    Set<ServerName> left = new LinkedHashSet<>();
    List<ServerName> deletable = new ArrayList<>();
    List<RuntimeCommand> commands = new ArrayList<>();
    for (DrainingServer server : servers) {
      ServerName name = server.name();
      if (server.withBackend()) {
        BackendTable.Row whole = backends.get(name.backend());
        if (whole == null) {
          continue;
        }
        if (whole.sessions() > 0 && !server.overdue()) {
          left.add(name);
          continue;
        }
      }
      if (!sessions.containsKey(name.backend())) {
        sessions.put(name.backend(), sessions(name.backend(), servers));
      }
      Long open = sessions.get(name.backend()).get(name);
      if (open == null) {
        // A reload or restart has removed it.
        continue;
      }
      left.add(name);
      if (open == 0 || (server.overdue() && !server.withBackend())) {
        deletable.add(name);
        commands.addAll(new SetState(name, ServerChange.State.MAINT).commands());
        commands.add(deletion(name));
      }
    }
    List<Boolean> done = send(commands);
    for (int i = 0; i < deletable.size(); i++) {
      if (done.get(2 * i + 1)) {
        log.info("{} left", deletable.get(i));
        left.remove(deletable.get(i));
      }
    }
    return left;
  }

  /** HAProxy refuses it while the server has connections. */
  static RuntimeCommand deletion(ServerName name) {
    return RuntimeCommand.answered("del server " + name, Pattern.quote("Server deleted."))
        .retryOn(Pattern.quote(BUSY));
  }

  /**
   * Deletes unpublished backends that have neither servers nor requests.
   *
   * @return those that still exist
   */
  Set<String> deleteIdleBackends(Collection<String> names) throws RuntimeApiException {
    requireVersion(HaproxyVersion.RUNTIME_BACKENDS);
    Map<String, BackendTable.Row> present = backendRows();
    List<String> known = names.stream().filter(present::containsKey).toList();
    if (send(known.stream().map(BackendChange::deletion).toList()).contains(false)) {
      present = backendRows();
    } else {
      present = Map.of();
    }
    Set<String> left = new LinkedHashSet<>(known);
    left.retainAll(present.keySet());
    known.stream()
        .filter(name -> !left.contains(name))
        .forEach(name -> log.info("backend {} left", name));
    return left;
  }

  /** The first version that makes a change safely. */
  private static HaproxyVersion firstVersion(HaproxyChange change) {
    if (change instanceof BackendChange) {
      return HaproxyVersion.RUNTIME_BACKENDS;
    }
    if (change instanceof MapChange) {
      return HaproxyVersion.RUNTIME_MAPS;
    }
    return change instanceof SetState
            || change instanceof ChangeWeight
            || change instanceof EnableCheck
        ? HaproxyVersion.SERVER_STATES
        : HaproxyVersion.RUNTIME_SERVERS;
  }

  /**
   * Assigns ids that no server of this worker ever had, where HAProxy would take the lowest free
   * one. They grow with time, so that ids of deleted servers are not used again.
   */
  private List<HaproxyChange> withUniqueIds(List<HaproxyChange> changes)
      throws RuntimeApiException {
    if (changes.stream().noneMatch(change -> change instanceof AddServer add && add.uniqueId())) {
      return changes;
    }
    long next = System.currentTimeMillis() / 1_000 - FIRST_SECOND;
    for (ServerState server : servers()) {
      next = Math.max(next, server.numbers().server());
    }
    List<HaproxyChange> numbered = new ArrayList<>();
    for (HaproxyChange change : changes) {
      if (change instanceof AddServer add && add.uniqueId()) {
        Definition server = add.server();
        numbered.add(
            new AddServer(
                new Definition(server.name(), server.address(), server.options().withId(++next)),
                true));
      } else {
        numbered.add(change);
      }
    }
    return numbered;
  }

  private void run(List<? extends HaproxyChange> changes) throws RuntimeApiException {
    List<RuntimeCommand> commands = new ArrayList<>();
    for (HaproxyChange change : changes) {
      if (change instanceof MapChange map && map.replacesAll()) {
        send(commands);
        commands.clear();
        replace(map);
      } else {
        commands.addAll(change.commands());
      }
    }
    send(commands);
    changes.forEach(change -> log.info("{} {}", change.subject(), change.description()));
  }

  /** Until the last command, HAProxy goes on with the entries that it has. */
  private void replace(MapChange change) throws RuntimeApiException {
    RuntimeCommand preparation = change.preparation();
    String reply = ask(preparation.line());
    var unused = preparation.judge(reply);
    send(change.replacement(reply.replaceAll("\\D", "")));
  }

  /** Fails for a worker that is older, or that is stopping. */
  void requireVersion(HaproxyVersion first) throws RuntimeApiException {
    ShowInfo worker = ShowInfo.parse(ask(ShowInfo.COMMAND));
    if (!worker.version().atLeast(first)) {
      throw new RuntimeApiException(worker.version().tooOldForRuntimeServers());
    }
    if (worker.stopping()) {
      throw new RuntimeApiException(
          "worker " + worker.pid() + " is an old one that only finishes its connections");
    }
  }

  /**
   * Sends commands at once.
   *
   * @return for each whether it succeeded; if not, nothing changed and it may be retried later
   * @throws RuntimeApiException for the first unexpected reply
   */
  List<Boolean> send(List<RuntimeCommand> commands) throws RuntimeApiException {
    if (commands.isEmpty()) {
      return List.of();
    }
    checkDeadline();
    List<String> replies = session.askAll(commands.stream().map(RuntimeCommand::line).toList());
    List<Boolean> done = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      done.add(commands.get(i).judge(replies.get(i)));
    }
    return done;
  }

  /** The current and the queued sessions of those of some servers that a backend has. */
  private Map<ServerName, Long> sessions(String backend, Collection<DrainingServer> wanted)
      throws RuntimeApiException {
    Set<String> names = new HashSet<>();
    for (DrainingServer server : wanted) {
      if (server.name().backend().equals(backend)) {
        names.add(server.name().server());
      }
    }
    List<ServerState> present =
        ServerState.parse(
            ask(ServerState.command(backend)),
            (itsBackend, server) -> itsBackend.equals(backend) && names.contains(server));
    Map<ServerName, Long> sessions = new HashMap<>();
    if (present.isEmpty()) {
      return sessions;
    }
    // The statistics of a backend of thousands take HAProxy longer than some of single servers.
    boolean single =
        present.size() <= MOST_SINGLE
            && present.stream().allMatch(server -> server.numbers().server() > 0);
    Optional<ShowStat> whole =
        single
            ? Optional.empty()
            : Optional.of(
                ShowStat.parse(ask(ShowStat.command(present.get(0).numbers().backend()))));
    for (ServerState server : present) {
      ShowStat stat =
          whole.isPresent()
              ? whole.get()
              : ShowStat.parse(
                  ask(ShowStat.command(server.numbers().backend(), server.numbers().server())));
      ServerName name = new ServerName(backend, server.server());
      stat.sessions(name).ifPresent(open -> sessions.put(name, open));
    }
    return sessions;
  }

  /** All backends, as HAProxy has them now. */
  BackendTable backends() throws RuntimeApiException {
    long worker = ShowInfo.parse(ask(ShowInfo.COMMAND)).pid();
    return new BackendTable(worker, backendRows());
  }

  private Map<String, BackendTable.Row> backendRows() throws RuntimeApiException {
    return ShowStat.parse(ask(ShowStat.BACKENDS)).backends();
  }

  /** The entries of these maps, as HAProxy has them now. */
  Map<String, List<MapFile.Entry>> maps(Collection<String> paths) throws RuntimeApiException {
    Map<String, List<MapFile.Entry>> maps = new HashMap<>();
    for (String path : paths) {
      List<MapFile.Entry> entries = new ArrayList<>();
      for (String line : ask("show map " + path).lines().filter(one -> !one.isBlank()).toList()) {
        Matcher entry = MAP_ENTRY.matcher(line);
        if (!entry.matches()) {
          throw new RuntimeApiException(
              "\"show map " + path + "\" is not understood at " + PrintableText.quoted(line));
        }
        entries.add(new MapFile.Entry(entry.group(1), entry.group(2)));
      }
      maps.put(path, entries);
    }
    return maps;
  }

  /** All servers, as HAProxy has them now. */
  List<ServerState> servers() throws RuntimeApiException {
    return ServerState.parse(ask(ServerState.COMMAND));
  }

  /** Those of some servers that HAProxy has now. */
  List<ServerState> servers(Set<ServerName> names) throws RuntimeApiException {
    Map<String, Set<String>> byBackend = new TreeMap<>();
    for (ServerName name : names) {
      byBackend.computeIfAbsent(name.backend(), none -> new HashSet<>()).add(name.server());
    }
    String command =
        byBackend.size() == 1
            ? ServerState.command(byBackend.keySet().iterator().next())
            : ServerState.COMMAND;
    return ServerState.parse(
        ask(command),
        (backend, server) -> byBackend.getOrDefault(backend, Set.of()).contains(server));
  }

  private String ask(String command) throws RuntimeApiException {
    checkDeadline();
    return session.ask(command);
  }

  private void checkDeadline() throws RuntimeApiException {
    if (nanos.getAsLong() - deadline > 0) {
      throw new RuntimeApiException(
          "HAProxy took more than " + LONGEST.toSeconds() + " s for one change");
    }
  }
}
