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
   * HAProxy refused the file; the old worker keeps serving.
   *
   * @param message HAProxy's message, bounded in length; may have several lines
   */
  record Refused(String message) implements ReloadResult {}

  /**
   * HAProxy did not serve after the reload: it exited, hangs, or its new worker does not listen.
   * The last known good file has to be restored.
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

  /** There is no HAProxy to reload. */
  record NotNeeded() implements ReloadResult {}
}
