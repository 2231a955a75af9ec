package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;
import java.util.Set;

/** How a change at run time ended. Immutable. */
public sealed interface ChangeResult {

  /**
   * Every command was answered as it should be.
   *
   * @param draining servers that take no traffic any more and still have a connection that would
   *     not end; they are to be deleted later
   */
  record Success(Set<ServerName> draining) implements ChangeResult {
    /** Copies the set. */
    public Success {
      draining = Set.copyOf(draining);
    }
  }

  /**
   * It was not made, or only in part: HAProxy is to be brought level by a reload.
   *
   * @param reason one line
   */
  record Failure(String reason) implements ChangeResult {}
}
