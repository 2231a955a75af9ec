package dev.rollcall.lb.runtime;

/** What was found when the servers of a running HAProxy were looked at. Immutable. */
public sealed interface RunningServers {

  /** They are these. */
  record Seen(ServersState state) implements RunningServers {}

  /**
   * There was nobody to tell.
   *
   * @param why one line
   */
  record Unseen(String why) implements RunningServers {}
}
