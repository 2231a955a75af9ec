package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;

/** The questions put to the master, with their answers read. Stateless and thread-safe. */
final class MasterCli {

  private final MasterSocket socket;
  private final MasterTimeouts limits;

  MasterCli(MasterSocket socket, MasterTimeouts limits) {
    this.socket = socket;
    this.limits = limits;
  }

  MasterTimeouts limits() {
    return limits;
  }

  /** Asks which processes there are. */
  ShowProc processes() throws IOException {
    String answer = socket.ask("show proc", limits.answer());
    return ShowProc.parse(answer)
        .orElseThrow(
            () -> new IOException("not a master's answer: " + HaproxyMessage.firstLine(answer)));
  }

  /** Asks the current worker about itself. */
  WorkerInfo worker() throws IOException {
    String answer = socket.ask("@1 show info", limits.answer());
    return WorkerInfo.parse(answer)
        .orElseThrow(
            () -> new IOException("not a worker's answer: " + HaproxyMessage.firstLine(answer)));
  }

  /** Commands a reload and waits for its end; from 2.7 on the answer tells how it ended. */
  ReloadReply reload() throws IOException {
    return ReloadReply.parse(socket.ask("reload", limits.reload()));
  }

  /** Waits a moment. */
  static void pause(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }
}
