package dev.rollcall.lb.haproxy;

import java.util.List;
import java.util.regex.Pattern;

/** Extracts messages from HAProxy's output, bounded in length. */
final class HaproxyMessage {

  private static final int MAX_LINES = 20;
  private static final int MAX_CHARACTERS = 4000;

  /** Such as {@code [ALERT] (123) : config : }. */
  private static final Pattern PREFIX =
      Pattern.compile(
          "^\\[(?:ALERT|WARNING|NOTICE|DIAG)\\]\\s+(?:[0-9/]+\\s+)?\\(\\d+\\)\\s*:\\s*");

  private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}&&[^\\n\\t]]");

  private HaproxyMessage() {}

  /**
   * The alerts without their prefixes; all lines if there is no alert.
   *
   * @param otherwise the result when the output is empty
   */
  static String alerts(String output, String otherwise) {
    List<String> lines =
        CONTROL.matcher(output).replaceAll("").lines().map(String::stripTrailing).toList();
    List<String> alerts = lines.stream().filter(line -> line.startsWith("[ALERT]")).toList();
    String message =
        String.join(
                "\n",
                (alerts.isEmpty() ? lines : alerts)
                    .stream()
                        .filter(line -> !line.isBlank())
                        .limit(MAX_LINES)
                        .map(line -> PREFIX.matcher(line).replaceFirst(""))
                        .toList())
            .strip();
    if (message.isEmpty()) {
      return otherwise;
    }
    return message.length() <= MAX_CHARACTERS
        ? message
        : message.substring(0, MAX_CHARACTERS) + " …";
  }

  /** The first line that is not blank. */
  static String firstLine(String text) {
    String line =
        text.lines().map(String::strip).filter(one -> !one.isEmpty()).findFirst().orElse("nothing");
    return CONTROL.matcher(line.substring(0, Math.min(line.length(), 200))).replaceAll("");
  }
}
