package dev.rollcall.lb.runtime;

import dev.rollcall.lb.runtime.CliCommand.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** A session in which every reply is judged, and which has an end. */
final class Dialogue {

  /** Hundreds of commands take some ten milliseconds; an HAProxy that takes this long is stuck. */
  static final Duration LONGEST = Duration.ofSeconds(30);

  private final CommandSession session;
  private final LongSupplier nanos;
  private final long deadline;

  Dialogue(CommandSession session) {
    this(session, System::nanoTime);
  }

  Dialogue(CommandSession session, LongSupplier nanos) {
    this.session = session;
    this.nanos = nanos;
    this.deadline = nanos.getAsLong() + LONGEST.toNanos();
  }

  /** Refuses a worker that cannot be changed. */
  void expectChangeableWorker() throws RuntimeApiException, NotAtRunTime {
    expectWorkerSince(HaproxyVersion.RUNTIME_SERVERS);
  }

  /** Refuses one that is older, or that only finishes its connections. */
  void expectWorkerSince(HaproxyVersion first) throws RuntimeApiException, NotAtRunTime {
    ProcessInfo worker = ProcessInfo.parse(ask(ProcessInfo.COMMAND));
    if (!worker.version().atLeast(first)) {
      throw NotAtRunTime.tooOld(worker.version());
    }
    if (worker.stopping()) {
      throw new NotAtRunTime(
          "worker " + worker.pid() + " is an old one that only finishes its connections");
    }
  }

  /**
   * Runs commands at one go.
   *
   * @return for each whether it succeeded; if not, nothing changed and it has to wait
   * @throws NotAtRunTime for the first reply that is not known for its command
   */
  List<Boolean> run(List<CliCommand> commands) throws RuntimeApiException, NotAtRunTime {
    if (commands.isEmpty()) {
      return List.of();
    }
    expectTime();
    List<String> replies = session.askAll(commands.stream().map(CliCommand::line).toList());
    List<Boolean> done = new ArrayList<>();
    for (int at = 0; at < commands.size(); at++) {
      Verdict verdict = commands.get(at).judge(replies.get(at));
      if (verdict instanceof Verdict.Unexpected unexpected) {
        throw new NotAtRunTime(unexpected.inWords());
      }
      done.add(verdict instanceof Verdict.Done);
    }
    return done;
  }

  /** The statistics of the servers of a backend; empty when it has no servers. */
  Optional<StatTable> servers(String backend) throws RuntimeApiException {
    Optional<ServerState> one =
        ServersState.parse(ask(ServersState.of(backend))).servers().stream().findFirst();
    return one.isEmpty()
        ? Optional.empty()
        : Optional.of(StatTable.parse(ask(StatTable.ofServers(one.get().numbers().backend()))));
  }

  /** All servers, as HAProxy has them now. */
  ServersState state() throws RuntimeApiException {
    return ServersState.parse(ask(ServersState.COMMAND));
  }

  private String ask(String command) throws RuntimeApiException {
    expectTime();
    return session.ask(command);
  }

  private void expectTime() throws RuntimeApiException {
    if (nanos.getAsLong() - deadline > 0) {
      throw new RuntimeApiException(
          "HAProxy took more than " + LONGEST.toSeconds() + " s for one change");
    }
  }
}
