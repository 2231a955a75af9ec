package dev.rollcall.lb.update;

import dev.rollcall.lb.haproxy.ServerChange;
import java.util.List;

/** Whether a change of the configuration can be made while HAProxy runs. Immutable. */
public sealed interface RuntimeDecision {

  /**
   * It can.
   *
   * @param changes those that join first and those that leave last, so that a pool is never smaller
   *     than it has to be; empty when HAProxy need not know of the change
   */
  record AtRunTime(List<ServerChange> changes) implements RuntimeDecision {
    /** Copies the list. */
    public AtRunTime {
      changes = List.copyOf(changes);
    }
  }

  /**
   * HAProxy has to read the file again.
   *
   * @param reason one line
   */
  record ByReload(String reason) implements RuntimeDecision {}
}
