package dev.rollcall.lb.plan;

import dev.rollcall.lb.runtime.ServerStep;
import java.util.List;

/** What brings HAProxy from the running configuration to the wanted one. Immutable. */
public sealed interface ChangePlan {

  /** Nothing that HAProxy would notice differs. */
  record NoChange() implements ChangePlan {}

  /**
   * Only servers differ, and HAProxy can change those while it runs.
   *
   * @param steps never empty; those that join first and those that leave last
   * @param summary one line that says what differs, such as {@code 2 servers added in backend
   *     be_web}
   */
  record RuntimeChange(List<ServerStep> steps, String summary) implements ChangePlan {
    /** Copies the list. */
    public RuntimeChange {
      steps = List.copyOf(steps);
    }
  }

  /**
   * HAProxy has to read the whole file again.
   *
   * @param reason one line that says what differs and, where that is servers alone, why they cannot
   *     be changed while HAProxy runs
   */
  record Reload(String reason) implements ChangePlan {}
}
