package dev.rollcall.lb.update;

import dev.rollcall.lb.haproxy.ServerChange;
import java.util.List;

/** What brings HAProxy from the running configuration to the wanted one. Immutable. */
public sealed interface UpdatePlan {

  /** Nothing that HAProxy would notice differs. */
  record NoChange() implements UpdatePlan {}

  /**
   * Only servers differ, and HAProxy can change those while it runs.
   *
   * @param changes never empty; those that join first and those that leave last
   * @param summary one line that says what differs, such as {@code 2 servers added in backend
   *     be_web}
   */
  record RuntimeChange(List<ServerChange> changes, String summary) implements UpdatePlan {
    /** Copies the list. */
    public RuntimeChange {
      changes = List.copyOf(changes);
    }
  }

  /**
   * HAProxy has to read the whole file again.
   *
   * @param reason one line that says what differs and, where that is servers alone, why they cannot
   *     be changed while HAProxy runs
   */
  record Reload(String reason) implements UpdatePlan {}
}
