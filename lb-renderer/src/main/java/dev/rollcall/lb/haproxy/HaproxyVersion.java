package dev.rollcall.lb.haproxy;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * HAProxy's version, as far as its behaviour depends on it. Immutable.
 *
 * @param major such as 3
 * @param minor such as 0
 * @param text as HAProxy tells it, such as {@code 3.0.11-1+deb13u3}
 */
record HaproxyVersion(int major, int minor, String text) {

  private static final Pattern NUMBERS = Pattern.compile("^(\\d{1,4})\\.(\\d{1,4})\\b.*");

  /** Empty for what is no version. */
  static Optional<HaproxyVersion> parse(String text) {
    Matcher numbers = NUMBERS.matcher(text);
    return numbers.matches()
        ? Optional.of(
            new HaproxyVersion(
                Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2)), text))
        : Optional.empty();
  }

  boolean atLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || (major == otherMajor && minor >= otherMinor);
  }

  /** Whether the master answers {@code reload} with its result; before that it answers nothing. */
  boolean tellsReloadResult() {
    return atLeast(2, 7);
  }
}
