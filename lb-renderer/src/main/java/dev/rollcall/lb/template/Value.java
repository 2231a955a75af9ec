package dev.rollcall.lb.template;

import org.jspecify.annotations.Nullable;

/**
 * One value as a template sees it: written where it is named, and in a section true if it is there.
 */
final class Value {
  private final @Nullable String text;
  private final @Nullable InstanceScope owner;
  private final String what;

  private Value(@Nullable String text, @Nullable InstanceScope owner, String what) {
    this.text = text;
    this.owner = owner;
    this.what = what;
  }

  /** A value that is known to be fit for any place, or null for one that is not there. */
  static Value trusted(@Nullable String text) {
    return new Value(text, null, "value");
  }

  /**
   * A value from Consul, judged when the template writes it: what a template doesn't use does no
   * harm. Null if the instance doesn't have it.
   */
  static Value registered(InstanceScope owner, String what, @Nullable String text) {
    return new Value(text, owner, what);
  }

  /** Whether a section of this value is rendered. */
  boolean present() {
    return text != null && !text.isEmpty();
  }

  /**
   * The text to write. A value that is missing or not allowed makes its instance refused, and
   * nothing is written.
   */
  String print() {
    if (owner == null) {
      return text == null ? "" : text;
    }
    if (text == null || text.isEmpty()) {
      owner.refuseWithout(what);
    } else if (!Allowed.word(text)) {
      owner.refuse(what + " '" + Shown.of(text) + "' is not " + Allowed.WORD_RULE);
    } else {
      return text;
    }
    return "";
  }
}
