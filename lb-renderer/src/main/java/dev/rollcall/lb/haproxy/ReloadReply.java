package dev.rollcall.lb.haproxy;

/**
 * The master's answer to {@code reload}. Immutable.
 *
 * @param kind what it says
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

  static ReloadReply parse(String answer) {
    String text = answer.strip();
    if (text.isEmpty()) {
      return new ReloadReply(Kind.SILENCE, "");
    }
    return switch (HaproxyMessage.firstLine(text)) {
      case "Success=1" -> new ReloadReply(Kind.SUCCESS, log(text));
      case "Success=0" -> new ReloadReply(Kind.FAILURE, log(text));
      default -> new ReloadReply(Kind.NOT_UNDERSTOOD, text);
    };
  }

  private static String log(String text) {
    int begin = text.indexOf("\n--");
    return begin < 0 ? "" : text.substring(begin + 3).strip();
  }
}
