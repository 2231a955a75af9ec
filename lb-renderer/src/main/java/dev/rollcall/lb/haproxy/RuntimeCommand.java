package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.PrintableText;
import java.util.regex.Pattern;

/**
 * One line for the Runtime API, and the replies to it that mean success. Immutable.
 *
 * @param line one command without its newline: printable ASCII, single spaces, and none of the
 *     characters that end, join or redirect a command
 * @param success the whole reply without the newlines at its end
 * @param retry replies that mean: nothing was changed, try again a little later
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public record RuntimeCommand(String line, Pattern success, Pattern retry) {

  /** Most HAProxys read a line into a buffer of 16 kB, and 3.2 refuses what does not fit. */
  static final int LONGEST = 15_000;

  private static final Pattern LEGAL =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.:/\\[\\](),%+-]*(?: [A-Za-z0-9_.:/\\[\\](),%@+-]+)*");
  private static final Pattern NEVER = Pattern.compile("(?!)");

  /**
   * Checks the line.
   *
   * @throws IllegalArgumentException when it could be more than one command, or is too long
   */
  public RuntimeCommand {
    check(line);
  }

  /** A command that says nothing when it succeeds. */
  static RuntimeCommand silent(String line) {
    return answered(line, "");
  }

  /** A command with known replies. */
  static RuntimeCommand answered(String line, String success) {
    return new RuntimeCommand(line, Pattern.compile(success), NEVER);
  }

  RuntimeCommand retryOn(String reply) {
    return new RuntimeCommand(line, success, Pattern.compile(reply));
  }

  /** Whether a text is one command and nothing else. */
  static void check(String line) {
    if (line.length() > LONGEST || !LEGAL.matcher(line).matches()) {
      throw new IllegalArgumentException("not one command: " + PrintableText.quoted(line));
    }
  }

  /**
   * Judges what HAProxy replied.
   *
   * @return true when it is done; false when nothing changed and it may go later
   * @throws RuntimeApiException for a reply that is not known for the command
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
