package dev.rollcall.lb.haproxy;

import java.time.Duration;

/** How a reload ended. Immutable. */
public sealed interface ReloadResult {

  /**
   * A new worker serves from the file.
   *
   * @param took from the command to the verified worker
   */
  record Success(Duration took) implements ReloadResult {}

  /**
   * HAProxy read the file and did not take it; the old worker serves on.
   *
   * @param message HAProxy's own words, bounded in length; may have several lines
   */
  record Refused(String message) implements ReloadResult {}

  /**
   * HAProxy took the command and was not seen to serve afterwards: it stopped, hangs, or its new
   * worker has no listener. The last good file has to be put back.
   *
   * @param message what was seen
   */
  record NotServing(String message) implements ReloadResult {}

  /**
   * HAProxy could not be reached, so nothing was reloaded.
   *
   * @param reason one line
   */
  record Unreachable(String reason) implements ReloadResult {}

  /** There is no HAProxy here to reload: only the file counts. */
  record NotNeeded() implements ReloadResult {}
}
