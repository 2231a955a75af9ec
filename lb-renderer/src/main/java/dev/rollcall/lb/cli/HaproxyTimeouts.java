package dev.rollcall.lb.cli;

import java.time.Duration;

/**
 * How long HAProxy may take. Immutable.
 *
 * @param check for {@code haproxy -c}
 * @param reload from a reload's command to its end, and from a start until it serves
 */
record HaproxyTimeouts(Duration check, Duration reload) {
  private static final Duration LONGEST = Duration.ofHours(1);

  static HaproxyTimeouts of(RunOptions options) throws ExitException {
    return new HaproxyTimeouts(
        time("--check-timeout", options.checkTimeout),
        time("--reload-timeout", options.reloadTimeout));
  }

  private static Duration time(String option, String text) throws ExitException {
    return OptionConverters.time(text, LONGEST)
        .filter(time -> time.compareTo(Duration.ofSeconds(1)) >= 0)
        .orElseThrow(
            () -> RunSettings.usage(option + " is '" + text + "': give a time from 1s to 60m"));
  }
}
