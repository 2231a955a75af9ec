package dev.rollcall.lb.runtime;

import java.util.Set;

/** How a change at run time ended. Immutable. */
public sealed interface ChangeOutcome {

  /**
   * Every command was answered as it should be.
   *
   * @param leaving servers that take no traffic any more and still have a connection that would not
   *     end; they are to be deleted later
   */
  record Made(Set<ServerName> leaving) implements ChangeOutcome {
    /** Copies the set. */
    public Made {
      leaving = Set.copyOf(leaving);
    }
  }

  /**
   * It was not made, or only in part: HAProxy is to be brought level by a reload.
   *
   * @param reason one line
   */
  record NotMade(String reason) implements ChangeOutcome {}
}
