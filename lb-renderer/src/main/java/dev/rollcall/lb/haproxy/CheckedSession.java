package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** A session in which every reply is judged, and which has a deadline. Used by one thread. */
final class CheckedSession {

  /** Hundreds of commands take some ten milliseconds; an HAProxy that takes this long is stuck. */
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

  /** Refuses a worker that is older, or that only finishes its connections. */
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
   * Runs commands at one go.
   *
   * @return for each whether it succeeded; if not, nothing changed and it has to wait
   * @throws RuntimeApiException for the first reply that is not known for its command
   */
  List<Boolean> run(List<RuntimeCommand> commands) throws RuntimeApiException {
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

  /** The statistics of the servers of a backend; empty when it has no servers. */
  Optional<ShowStat> stats(String backend) throws RuntimeApiException {
    List<ServerState> servers = ServerState.parse(ask(ServerState.command(backend)));
    return servers.isEmpty()
        ? Optional.empty()
        : Optional.of(ShowStat.parse(ask(ShowStat.command(servers.get(0).numbers().backend()))));
  }

  /** All servers, as HAProxy has them now. */
  List<ServerState> servers() throws RuntimeApiException {
    return ServerState.parse(ask(ServerState.COMMAND));
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
