package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;

/** Commands of HAProxy's master CLI, with their replies parsed. Stateless and thread-safe. */
final class MasterCli {

  private final HaproxySocket socket;
  private final Timeouts timeouts;

  MasterCli(HaproxySocket socket, Timeouts timeouts) {
    this.socket = socket;
    this.timeouts = timeouts;
  }

  Timeouts timeouts() {
    return timeouts;
  }

  /** {@code show proc}. */
  ShowProc processes() throws IOException {
    String reply = ask("show proc", timeouts.reply());
    return ShowProc.parse(reply)
        .orElseThrow(
            () -> new IOException("not a master's answer: " + HaproxyMessage.firstLine(reply)));
  }

  /** {@code show info} of the current worker. */
  ShowInfo worker() throws IOException {
    return ShowInfo.parse(ask("@1 " + ShowInfo.COMMAND, timeouts.reply()));
  }

  /** {@code reload}; from 2.7 on the reply tells how it ended. */
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
      /** An empty reply, as before 2.7, or when the command was lost at the master's start. */
      SILENCE,
      /** Nobody accepted the connection. */
      NOT_SENT,
      /** The socket is not a master's, or does not permit it. */
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

  /**
   * Time limits for a master. Immutable.
   *
   * @param absence until a socket that refuses connections means that HAProxy is absent; it refuses
   *     them during a reload
   * @param reply for the reply to other commands
   * @param reload for a reload, and for a start until it serves; a failed bind takes 2 s, tables
   *     that do not fit into memory 15 s, 20,000 certificates 45 s
   * @param lost until a reload command without effect is repeated
   * @param settle until the new worker has to serve
   * @param poll between two polls
   */
  record Timeouts(
      Duration absence,
      Duration reply,
      Duration reload,
      Duration lost,
      Duration settle,
      Duration poll) {

    static final Timeouts DEFAULT =
        new Timeouts(
            Duration.ofSeconds(3),
            Duration.ofSeconds(5),
            Duration.ofMinutes(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(15),
            Duration.ofMillis(50));

    /** With another time for a reload. */
    Timeouts withReloadTimeout(Duration timeout) {
      return new Timeouts(absence, reply, timeout, lost, settle, poll);
    }
  }
}
