package dev.rollcall.lb.runtime;

import dev.rollcall.lb.runtime.CliCommand.Verdict;
import java.time.Duration;
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
    ProcessInfo worker = ProcessInfo.parse(ask(ProcessInfo.COMMAND));
    if (!worker.version().atLeast(HaproxyVersion.RUNTIME_SERVERS)) {
      throw NotAtRunTime.tooOld(worker.version());
    }
    if (worker.stopping()) {
      throw new NotAtRunTime(
          "worker " + worker.pid() + " is an old one that only finishes its connections");
    }
  }

  /** Runs a command that has to succeed now. */
  void run(CliCommand command) throws RuntimeApiException, NotAtRunTime {
    if (!tryToRun(command)) {
      throw new NotAtRunTime("\"" + command.line() + "\" cannot be done yet");
    }
  }

  /** Runs a command that may have to wait; returns whether it succeeded. */
  boolean tryToRun(CliCommand command) throws RuntimeApiException, NotAtRunTime {
    Verdict verdict = command.judge(ask(command.line()));
    if (verdict instanceof Verdict.Unexpected unexpected) {
      throw new NotAtRunTime(unexpected.inWords());
    }
    return verdict instanceof Verdict.Done;
  }

  /** The statistics of the servers of a backend. */
  StatTable servers(String backend) throws RuntimeApiException {
    return StatTable.parse(ask(StatTable.ofServers(backend)));
  }

  /** All servers, as HAProxy has them now. */
  ServersState state() throws RuntimeApiException {
    return ServersState.parse(ask(ServersState.COMMAND));
  }

  private String ask(String command) throws RuntimeApiException {
    if (nanos.getAsLong() - deadline > 0) {
      throw new RuntimeApiException(
          "HAProxy took more than " + LONGEST.toSeconds() + " s for one change");
    }
    return session.ask(command);
  }
}
