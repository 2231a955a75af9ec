package dev.rollcall.lb.haproxy;

/** What was found when the servers of a running HAProxy were looked at. Immutable. */
public sealed interface RunningServers {

  /** They are these. */
  record Seen(ShowServersState state) implements RunningServers {}

  /**
   * There was nobody to tell.
   *
   * @param reason one line
   */
  record Unseen(String reason) implements RunningServers {}
}
