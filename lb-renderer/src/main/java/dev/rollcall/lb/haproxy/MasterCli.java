package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;

/** The commands of HAProxy's master CLI, with their replies read. Stateless and thread-safe. */
final class MasterCli {

  private final HaproxySocket socket;
  private final MasterTimeouts timeouts;

  MasterCli(HaproxySocket socket, MasterTimeouts timeouts) {
    this.socket = socket;
    this.timeouts = timeouts;
  }

  MasterTimeouts timeouts() {
    return timeouts;
  }

  /** Asks which processes there are. */
  ShowProc processes() throws IOException {
    String reply = ask("show proc", timeouts.reply());
    return ShowProc.parse(reply)
        .orElseThrow(
            () -> new IOException("not a master's answer: " + HaproxyMessage.firstLine(reply)));
  }

  /** Asks the current worker about itself. */
  ShowInfo worker() throws IOException {
    return ShowInfo.parse(ask("@1 " + ShowInfo.COMMAND, timeouts.reply()));
  }

  /** Commands a reload and waits for its end; from 2.7 on the reply tells how it ended. */
  ReloadReply reload() throws IOException {
    return ReloadReply.parse(ask("reload", timeouts.reload()));
  }

  private String ask(String command, Duration timeout) throws IOException {
    return socket.ask(command, timeout, HaproxySocket.MAX_REPLY_BYTES);
  }

  /**
   * The master's reply to {@code reload}. Immutable.
   *
   * @param message the log of the start, or the refusal's text; may be empty
   */
  record ReloadReply(Kind kind, String message) {

    enum Kind {
      /** {@code Success=1}. */
      SUCCESS,
      /** {@code Success=0}. */
      FAILURE,
      /** Nothing, as before 2.7, or when the command got lost at the master's start. */
      SILENCE,
      /** Nobody took the connection. */
      NOT_SENT,
      /** The socket is no master's, or does not permit it. */
      NOT_UNDERSTOOD
    }

    static ReloadReply parse(String reply) {
      String text = reply.strip();
      if (text.isEmpty()) {
        return new ReloadReply(Kind.SILENCE, "");
      }
      return switch (HaproxyMessage.firstLine(text)) {
        case "Success=1" -> new ReloadReply(Kind.SUCCESS, startLog(text));
        case "Success=0" -> new ReloadReply(Kind.FAILURE, startLog(text));
        default -> new ReloadReply(Kind.NOT_UNDERSTOOD, text);
      };
    }

    private static String startLog(String text) {
      int begin = text.indexOf("\n--");
      return begin < 0 ? "" : text.substring(begin + 3).strip();
    }
  }
}
