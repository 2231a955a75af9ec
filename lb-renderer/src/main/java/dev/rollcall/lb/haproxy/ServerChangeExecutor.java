package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.ChangeWeight;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.EnableCheck;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.haproxy.ServerChange.SetState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries changes of servers out in one session: each reply is judged, and the first that is not
 * known for its command ends it, because a reload is then the sure way. Never waits for a server's
 * last connection. Used by one thread; two changes of one HAProxy at once are the caller's mistake.
 */
final class ServerChangeExecutor {

  static final String BUSY = "Server still has connections attached to it, cannot remove it.";

  private static final Logger log = LoggerFactory.getLogger(ServerChangeExecutor.class);

  /** 2026-01-01: numbers of servers have 31 bits. */
  private static final long FIRST_SECOND = 1_767_225_600;

  private final CheckedSession session;

  ServerChangeExecutor(RuntimeApi.Session session) {
    this.session = new CheckedSession(session);
  }

  /**
   * Makes changes. Servers that are to go are drained, and deleted at once where they are idle.
   *
   * @param changes those that remove servers last
   * @return the servers that still have a connection: they are to be deleted later
   */
  Set<ServerName> apply(List<ServerChange> changes) throws RuntimeApiException {
    session.requireVersion(
        changes.stream().allMatch(ServerChangeExecutor::isSetCommand)
            ? HaproxyVersion.SERVER_STATES
            : HaproxyVersion.RUNTIME_SERVERS);
    List<ServerChange> removals = changes.stream().filter(RemoveServer.class::isInstance).toList();
    List<ServerChange> others =
        changes.stream().filter(change -> !(change instanceof RemoveServer)).toList();
    // Removals wait for the verdict on those who join.
    run(withUniqueIds(others));
    run(removals);
    return delete(removals.stream().map(one -> new DrainingServer(one.name(), false)).toList());
  }

  /**
   * Deletes drained servers, each as soon as it is idle: maintenance, then deletion. Maintenance
   * first would leave requests in flight on a server that is then deleted at an unknown time; so a
   * server waits in drain until it has none, or until it is overdue.
   *
   * @return those that are not gone
   */
  Set<ServerName> deleteIdle(Collection<DrainingServer> servers) throws RuntimeApiException {
    session.requireVersion(HaproxyVersion.RUNTIME_SERVERS);
    return delete(servers);
  }

  private Set<ServerName> delete(Collection<DrainingServer> servers) throws RuntimeApiException {
    Map<String, Optional<ShowStat>> stats = new HashMap<>();
    Set<ServerName> left = new LinkedHashSet<>();
    List<ServerName> deletable = new ArrayList<>();
    List<RuntimeCommand> commands = new ArrayList<>();
    for (DrainingServer server : servers) {
      ServerName name = server.name();
      if (!stats.containsKey(name.backend())) {
        stats.put(name.backend(), session.stats(name.backend()));
      }
      Optional<ShowStat> backend = stats.get(name.backend());
      Optional<Long> sessions =
          backend.isPresent() ? backend.get().sessions(name) : Optional.empty();
      if (sessions.isEmpty()) {
        // Gone with a reload or a restart, which read a file that has it no more.
        continue;
      }
      left.add(name);
      if (sessions.get() == 0 || server.overdue()) {
        deletable.add(name);
        commands.addAll(new SetState(name, ServerChange.State.MAINT).commands());
        commands.add(deletion(name));
      }
    }
    List<Boolean> done = session.run(commands);
    for (int i = 0; i < deletable.size(); i++) {
      if (done.get(2 * i + 1)) {
        log.info("{} left", deletable.get(i));
        left.remove(deletable.get(i));
      }
    }
    return left;
  }

  /** Refused for as long as the server has connections. */
  static RuntimeCommand deletion(ServerName name) {
    return RuntimeCommand.answered("del server " + name, Pattern.quote("Server deleted."))
        .retryOn(Pattern.quote(BUSY));
  }

  /** Whether HAProxy before 3.0 knows it as well. */
  private static boolean isSetCommand(ServerChange change) {
    return change instanceof SetState
        || change instanceof ChangeWeight
        || change instanceof EnableCheck;
  }

  /**
   * Gives numbers that no server of this worker had: HAProxy gives the lowest that is free. It
   * grows with the time, so that servers that somebody deleted meanwhile do not count.
   */
  private List<ServerChange> withUniqueIds(List<ServerChange> changes) throws RuntimeApiException {
    if (changes.stream().noneMatch(change -> change instanceof AddServer add && add.uniqueId())) {
      return changes;
    }
    long next = System.currentTimeMillis() / 1_000 - FIRST_SECOND;
    for (ServerState server : session.servers()) {
      next = Math.max(next, server.numbers().server());
    }
    List<ServerChange> numbered = new ArrayList<>();
    for (ServerChange change : changes) {
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

  private void run(List<ServerChange> changes) throws RuntimeApiException {
    session.run(changes.stream().flatMap(change -> change.commands().stream()).toList());
    changes.forEach(change -> log.info("{} {}", change.name(), change.description()));
  }
}
