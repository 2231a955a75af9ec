package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.RuntimeCommand.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** A session in which every reply is judged, and which has an end. */
final class CheckedSession {

  /** Hundreds of commands take some ten milliseconds; an HAProxy that takes this long is stuck. */
  static final Duration LONGEST = Duration.ofSeconds(30);

  private final RuntimeSession session;
  private final LongSupplier nanos;
  private final long deadline;

  CheckedSession(RuntimeSession session) {
    this(session, System::nanoTime);
  }

  CheckedSession(RuntimeSession session, LongSupplier nanos) {
    this.session = session;
    this.nanos = nanos;
    this.deadline = nanos.getAsLong() + LONGEST.toNanos();
  }

  /** Refuses a worker that cannot be changed. */
  void requireRuntimeServers() throws RuntimeApiException, ReloadRequiredException {
    requireVersion(HaproxyVersion.RUNTIME_SERVERS);
  }

  /** Refuses one that is older, or that only finishes its connections. */
  void requireVersion(HaproxyVersion first) throws RuntimeApiException, ReloadRequiredException {
    ProcessInfo worker = ProcessInfo.parse(ask(ProcessInfo.COMMAND));
    if (!worker.version().atLeast(first)) {
      throw ReloadRequiredException.tooOld(worker.version());
    }
    if (worker.stopping()) {
      throw new ReloadRequiredException(
          "worker " + worker.pid() + " is an old one that only finishes its connections");
    }
  }

  /**
   * Runs commands at one go.
   *
   * @return for each whether it succeeded; if not, nothing changed and it has to wait
   * @throws ReloadRequiredException for the first reply that is not known for its command
   */
  List<Boolean> run(List<RuntimeCommand> commands)
      throws RuntimeApiException, ReloadRequiredException {
    if (commands.isEmpty()) {
      return List.of();
    }
    checkDeadline();
    List<String> replies = session.askAll(commands.stream().map(RuntimeCommand::line).toList());
    List<Boolean> done = new ArrayList<>();
    for (int at = 0; at < commands.size(); at++) {
      Outcome verdict = commands.get(at).judge(replies.get(at));
      if (verdict instanceof Outcome.Unexpected unexpected) {
        throw new ReloadRequiredException(unexpected.inWords());
      }
      done.add(verdict instanceof Outcome.Done);
    }
    return done;
  }

  /** The statistics of the servers of a backend; empty when it has no servers. */
  Optional<StatTable> servers(String backend) throws RuntimeApiException {
    Optional<ServerState> one =
        ShowServersState.parse(ask(ShowServersState.of(backend))).servers().stream().findFirst();
    return one.isEmpty()
        ? Optional.empty()
        : Optional.of(StatTable.parse(ask(StatTable.ofServers(one.get().numbers().backend()))));
  }

  /** All servers, as HAProxy has them now. */
  ShowServersState state() throws RuntimeApiException {
    return ShowServersState.parse(ask(ShowServersState.COMMAND));
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
