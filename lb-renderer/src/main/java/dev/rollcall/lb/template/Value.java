package dev.rollcall.lb.template;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One value as a template sees it: written where it is named, and in a section true if it is there.
 */
final class Value {
  private final @Nullable String text;
  private final Supplier<String> written;

  private Value(@Nullable String text, Supplier<String> written) {
    this.text = text;
    this.written = written;
  }

  /** A value that is known to be fit for any place, or null for one that is not there. */
  static Value trusted(@Nullable String text) {
    String known = text == null ? "" : text;
    return new Value(text, () -> known);
  }

  /**
   * A value that is judged when the template writes it, and not before: what a template does not
   * use does no harm.
   *
   * @param text the value, null if there is none
   * @param written gives what to write, and takes note of what is wrong with it
   */
  static Value judged(@Nullable String text, Supplier<String> written) {
    return new Value(text, written);
  }

  /** Whether a section of this value is rendered. */
  boolean present() {
    return text != null && !text.isEmpty();
  }

  /** The text to write: nothing for a value that is missing or not allowed. */
  String print() {
    return written.get();
  }
}
