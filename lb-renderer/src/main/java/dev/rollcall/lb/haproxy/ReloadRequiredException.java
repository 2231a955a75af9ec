package dev.rollcall.lb.haproxy;

import java.util.Objects;

/** Says why a change has to be a reload, from deep within a decision up to its caller. */
public final class ReloadRequiredException extends Exception {

  private static final long serialVersionUID = 1L;

  /** The reason, in one line. */
  public ReloadRequiredException(String reason) {
    super(reason, null, false, false);
  }

  /** The reason for every version before the first that is safe. */
  public static ReloadRequiredException tooOld(HaproxyVersion version) {
    return new ReloadRequiredException(
        "HAProxy " + version + " does not add and remove servers safely while it runs");
  }

  public String reason() {
    return Objects.requireNonNull(getMessage());
  }
}
