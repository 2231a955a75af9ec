package dev.rollcall.web;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: 500ms, 2s or 1m. */
final class Durations {

  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m)");

  private Durations() {}

  /**
   * Reads a duration.
   *
   * @param name what it belongs to, for the complaint
   * @throws IllegalArgumentException with one line that names it, its value and what is wanted
   */
  static Duration parse(String name, String text, Duration longest) {
    Matcher parts = DURATION.matcher(text);
    if (parts.matches()) {
      long amount = Long.parseLong(parts.group(1));
      Duration duration =
          switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            default -> Duration.ofMinutes(amount);
          };
      if (duration.compareTo(longest) <= 0) {
        return duration;
      }
    }
    throw new IllegalArgumentException(
        "%s is \"%s\" but must be: a duration such as 500ms, 2s or 1m, at most %s"
            .formatted(name, printable(text), text(longest)));
  }

  /** The shortest way to write it; what {@link #parse} reads. */
  static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0) {
      return millis + "ms";
    }
    return millis > 0 && millis % 60_000 == 0
        ? duration.toMinutes() + "m"
        : duration.toSeconds() + "s";
  }

  /** Keeps a message one line, and short, whatever the text holds. */
  static String printable(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return line.length() <= 80 ? line : line.substring(0, 80) + "…";
  }
}
