package dev.rollcall.lb.runtime;

import java.util.List;

/** Whether a change of the configuration can be made while HAProxy runs. Immutable. */
public sealed interface RuntimeDecision {

  /**
   * It can.
   *
   * @param steps those that join first and those that leave last, so that a pool is never smaller
   *     than it has to be; empty when HAProxy need not know of the change
   */
  record AtRunTime(List<ServerStep> steps) implements RuntimeDecision {
    /** Copies the list. */
    public AtRunTime {
      steps = List.copyOf(steps);
    }
  }

  /**
   * HAProxy has to read the file again.
   *
   * @param reason one line
   */
  record ByReload(String reason) implements RuntimeDecision {}
}
