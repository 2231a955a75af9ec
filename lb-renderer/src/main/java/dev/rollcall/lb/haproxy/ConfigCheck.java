package dev.rollcall.lb.haproxy;

/** The verdict on a candidate, given before anything that serves is touched. Immutable. */
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
   * There was nobody to ask, or no answer in time; the master's own verdict at the reload has to
   * do.
   *
   * @param why one line
   */
  record Unjudged(String why) implements ConfigCheck {}
}
