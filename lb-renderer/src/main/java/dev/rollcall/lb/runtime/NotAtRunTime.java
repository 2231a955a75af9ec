package dev.rollcall.lb.runtime;

import java.util.Objects;

/** Says why a change has to be a reload, from deep within a decision up to its caller. */
final class NotAtRunTime extends Exception {

  private static final long serialVersionUID = 1L;

  /** The reason, in one line. */
  NotAtRunTime(String reason) {
    super(reason, null, false, false);
  }

  /** The reason for every version before the first that is safe. */
  static NotAtRunTime tooOld(HaproxyVersion version) {
    return new NotAtRunTime(
        "HAProxy " + version + " does not add and remove servers safely while it runs");
  }

  String reason() {
    return Objects.requireNonNull(getMessage());
  }
}
