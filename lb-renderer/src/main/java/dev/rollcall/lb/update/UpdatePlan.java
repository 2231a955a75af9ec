package dev.rollcall.lb.update;

import dev.rollcall.lb.haproxy.HaproxyChange;
import java.util.List;

/** What brings HAProxy from the running configuration to the wanted one. Immutable. */
public sealed interface UpdatePlan {

  /** HAProxy would see no difference. */
  record NoChange() implements UpdatePlan {}

  /**
   * Only servers, whole backends or entries of maps differ, and HAProxy can change them at run
   * time.
   *
   * @param changes never empty; in the order in which they have to be made
   * @param summary one line that says what differs, such as {@code 2 servers added in backend
   *     be_web}
   */
  record RuntimeChange(List<HaproxyChange> changes, String summary) implements UpdatePlan {
    /** Copies the list. */
    public RuntimeChange {
      changes = List.copyOf(changes);
    }
  }

  /**
   * HAProxy has to reload.
   *
   * @param reason what differs and, if it is of a kind that could be, why it cannot be changed at
   *     run time; one line
   */
  record Reload(String reason) implements UpdatePlan {}
}
