package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.MasterCli.ReloadReply;
import dev.rollcall.lb.haproxy.MasterCli.Timeouts;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One reload through the master CLI, until the new worker serves.
 *
 * <p>From 2.7 on only {@code Success=1} is a success. Before, the reply is empty, and a success is
 * one more reload, no failure and another worker. A command at the moment the socket appears can
 * get lost; then nothing changes, and it is repeated.
 */
final class VerifiedReload {

  private static final int MAX_ATTEMPTS = 4;

  private final MasterCli cli;
  private final Timeouts timeouts;
  private final BooleanSupplier masterAlive;

  /**
   * For one master.
   *
   * @param mayAnswer false once it is known to have exited
   */
  VerifiedReload(MasterCli cli, BooleanSupplier mayAnswer) {
    this.cli = cli;
    this.timeouts = cli.timeouts();
    this.masterAlive = mayAnswer;
  }

  /** Runs it; bounded in time. Interruption ends it early with the flag set again. */
  ReloadResult run() {
    long began = System.nanoTime();
    boolean commanded = false;
    try {
      ShowProc before = awaitProcesses(timeouts.absence());
      for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        ReloadReply answer = command();
        commanded |= answer.kind() != ReloadReply.Kind.NOT_SENT;
        Optional<ReloadResult> result =
            switch (answer.kind()) {
              case SUCCESS -> Optional.of(awaitNewWorker(before, began, answer.message()));
              case FAILURE ->
                  Optional.of(
                      new ReloadResult.Refused(
                          HaproxyMessage.alerts(
                              answer.message(), "HAProxy refused the configuration")));
              case NOT_UNDERSTOOD ->
                  Optional.of(
                      new ReloadResult.Unreachable(
                          "no reload by this socket, which must be the master's and of level"
                              + " operator at least: it answers "
                              + HaproxyMessage.firstLine(answer.message())));
              case SILENCE, NOT_SENT -> afterSilence(before, began);
            };
        if (result.isPresent()) {
          return result.get();
        }
      }
      return new ReloadResult.NotServing(
          "HAProxy did nothing about " + MAX_ATTEMPTS + " commands to reload");
    } catch (SocketTimeoutException e) {
      return new ReloadResult.NotServing("HAProxy's master gave no answer in time");
    } catch (IOException e) {
      String why = HaproxyMessage.firstLine(String.valueOf(e.getMessage()));
      return commanded
          ? new ReloadResult.NotServing("HAProxy was lost at the reload: " + why)
          : new ReloadResult.Unreachable(why);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return commanded
          ? new ReloadResult.NotServing("interrupted before the new worker was seen")
          : new ReloadResult.Unreachable("interrupted before the reload");
    }
  }

  /** Gives the command; a connection that broke before an answer is an answer of nothing. */
  private ReloadReply command() throws IOException {
    try {
      return cli.reload();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (HaproxySocket.ConnectFailedException e) {
      // During a reload by somebody else, or when HAProxy has exited: found out next.
      return new ReloadReply(ReloadReply.Kind.NOT_SENT, "");
    } catch (IOException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      return new ReloadReply(ReloadReply.Kind.SILENCE, "");
    }
  }

  /** Finds out what a silent master did; empty when the command has to be given again. */
  private Optional<ReloadResult> afterSilence(ShowProc before, long began)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeouts.lost().toNanos();
    while (true) {
      // Before 2.7 the socket does not answer during the reload.
      ShowProc now = awaitProcesses(reportsResult(before) ? timeouts.settle() : timeouts.reload());
      if (now.master().reloads() != before.master().reloads()) {
        if (reportsResult(now)) {
          // It reloaded and the reply is lost: reload again to get one.
          return Optional.empty();
        }
        return Optional.of(
            now.failedReloads() > 0
                ? new ReloadResult.Refused(
                    "HAProxy refused the configuration; before version 2.7 it tells the reason in"
                        + " its own log alone")
                : awaitNewWorker(before, began, ""));
      }
      if (System.nanoTime() >= deadline) {
        return Optional.empty();
      }
      Thread.sleep(timeouts.poll().toMillis());
    }
  }

  private ReloadResult awaitNewWorker(ShowProc before, long began, String startLog)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + timeouts.settle().toNanos();
    long oldPid = before.serving().map(ShowProc.ProcessEntry::pid).orElse(0L);
    String seen;
    do {
      seen = whyNotServing(oldPid);
      if (seen.isEmpty()) {
        return new ReloadResult.Success(Duration.ofNanos(System.nanoTime() - began));
      }
      Thread.sleep(timeouts.poll().toMillis());
    } while (System.nanoTime() < deadline && masterAlive.getAsBoolean());
    return new ReloadResult.NotServing(
        "HAProxy reloaded and " + seen + (startLog.isEmpty() ? "" : "\n" + startLog));
  }

  /** What is still missing until the new worker serves; empty when nothing is. */
  private String whyNotServing(long oldPid) {
    try {
      ShowProc now = cli.processes();
      if (now.workers().isEmpty() || now.workers().get(0).pid() == oldPid) {
        return "has no new worker";
      }
      ShowInfo worker = cli.worker();
      if (worker.pid() != now.workers().get(0).pid()) {
        return "its new worker does not answer";
      }
      return worker.serves() ? "" : "its new worker does not listen";
    } catch (IOException e) {
      return "does not answer: " + HaproxyMessage.firstLine(String.valueOf(e.getMessage()));
    }
  }

  /** The processes, as soon as the socket answers. */
  private ShowProc awaitProcesses(Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        return cli.processes();
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException();
        }
        if (System.nanoTime() >= deadline || !masterAlive.getAsBoolean()) {
          throw e;
        }
      }
      Thread.sleep(timeouts.poll().toMillis());
    }
  }

  private static boolean reportsResult(ShowProc processes) {
    return processes
        .version()
        .map(version -> version.atLeast(HaproxyVersion.REPORTS_RELOADS))
        .orElse(true);
  }
}
