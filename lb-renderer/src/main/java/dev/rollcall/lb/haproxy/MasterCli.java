package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;

/** The commands of HAProxy's master CLI, with their replies read. Stateless and thread-safe. */
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

  /**
   * How long a master is given. Immutable.
   *
   * @param absence until a socket that refuses is taken for an absent HAProxy; a reload that goes
   *     on refuses for a while
   * @param reply for a command that only asks
   * @param reload for a reload, and for a start until it serves; a failed bind takes 2 s, tables
   *     that do not fit into memory 15 s, 20,000 certificates 45 s
   * @param lost until a reload that changed nothing is taken for lost
   * @param settle until a silent master has to answer again, and until the new worker has to be
   *     seen
   * @param poll between two looks
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
