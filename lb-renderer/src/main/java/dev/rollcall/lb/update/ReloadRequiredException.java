package dev.rollcall.lb.update;

import java.util.Objects;

/** A change cannot be made at run time, so HAProxy has to reload. */
public final class ReloadRequiredException extends Exception {

  private static final long serialVersionUID = 1L;

  /** With the reason, in one line. */
  ReloadRequiredException(String reason) {
    super(reason, null, false, false);
  }

  /** In one line. */
  public String reason() {
    return Objects.requireNonNull(getMessage());
  }
}
