package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import java.util.regex.Pattern;

/**
 * A command of the Runtime API and the replies that mean success. Immutable.
 *
 * @param line without its newline: printable ASCII, single spaces, and none of the characters that
 *     end, join or redirect a command
 * @param success the whole reply without the newlines at its end
 * @param retry replies that mean that nothing was changed and it may be retried later
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public record RuntimeCommand(String line, Pattern success, Pattern retry) {

  /** HAProxy reads a line into a buffer of 16 kB, and 3.2 refuses a longer one. */
  static final int LONGEST = 15_000;

  private static final Pattern LEGAL =
      Pattern.compile(
          "[A-Za-z0-9][A-Za-z0-9_.:/\\[\\](),%+-]*(?: [A-Za-z0-9_.:/\\[\\](),%@+~=*&!$-]+)*");
  private static final Pattern NEVER = Pattern.compile("(?!)");

  /**
   * Checks the line.
   *
   * @throws IllegalArgumentException when it could be more than one command, or is too long
   */
  public RuntimeCommand {
    check(line);
  }

  /** A command with an empty reply when it succeeds. */
  static RuntimeCommand silent(String line) {
    return answered(line, "");
  }

  /** A command with a reply when it succeeds. */
  static RuntimeCommand answered(String line, String success) {
    return new RuntimeCommand(line, Pattern.compile(success), NEVER);
  }

  RuntimeCommand retryOn(String reply) {
    return new RuntimeCommand(line, success, Pattern.compile(reply));
  }

  /** Checks that a text is exactly one command. */
  static void check(String line) {
    if (line.length() > LONGEST || !LEGAL.matcher(line).matches()) {
      throw new IllegalArgumentException("not one command: " + PrintableText.quoted(line));
    }
  }

  /**
   * Checks the reply.
   *
   * @return true when the command succeeded; false when nothing changed and it may be retried later
   * @throws RuntimeApiException for any other reply
   */
  boolean judge(String reply) throws RuntimeApiException {
    String text = reply.strip();
    if (success.matcher(text).matches()) {
      return true;
    }
    if (retry.matcher(text).matches()) {
      return false;
    }
    throw new RuntimeApiException("\"" + line + "\" was answered " + PrintableText.quoted(text));
  }
}
