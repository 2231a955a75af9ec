package dev.rollcall.lb.plan;

/** What brings HAProxy from the running configuration to the wanted one. Immutable. */
public sealed interface ChangePlan {

  /** Nothing that HAProxy would notice differs. */
  record NoChange() implements ChangePlan {}

  /**
   * HAProxy has to read the whole file again.
   *
   * @param reason one line that says what differs, such as {@code 2 servers added in backend
   *     be_web}
   */
  record Reload(String reason) implements ChangePlan {}
}
