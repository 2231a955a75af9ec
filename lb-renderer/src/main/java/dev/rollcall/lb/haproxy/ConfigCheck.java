package dev.rollcall.lb.haproxy;

/** The result of checking a configuration file, without changing what runs. Immutable. */
public sealed interface ConfigCheck {

  /**
   * {@code haproxy -c} ended with 0. Any other exit code, 2 ("no listener") included, is a refusal.
   */
  record Passed() implements ConfigCheck {}

  /**
   * HAProxy refuses it.
   *
   * @param message HAProxy's message, bounded in length; may have several lines
   */
  record Refused(String message) implements ConfigCheck {}

  /**
   * There was no result within the time limit.
   *
   * @param reason one line
   */
  record TimedOut(String reason) implements ConfigCheck {}

  /**
   * It could not be checked here; the master checks it at the reload.
   *
   * @param reason one line
   */
  record Unavailable(String reason) implements ConfigCheck {}
}
