package dev.rollcall.lb.haproxy;

/** The verdict on a configuration file, given without touching what serves. Immutable. */
public sealed interface ConfigCheck {

  /**
   * {@code haproxy -c} ended with 0. Any other exit code, 2 ("no listener") included, is a refusal.
   */
  record Passed() implements ConfigCheck {}

  /**
   * HAProxy would not take it.
   *
   * @param message HAProxy's own words, bounded in length; may have several lines
   */
  record Refused(String message) implements ConfigCheck {}

  /**
   * There was no verdict within the limit: neither for the file nor against it.
   *
   * @param reason one line
   */
  record TimedOut(String reason) implements ConfigCheck {}

  /**
   * There was nobody to ask; the master's own verdict at the reload has to do.
   *
   * @param reason one line
   */
  record Unavailable(String reason) implements ConfigCheck {}
}
