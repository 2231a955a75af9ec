package dev.rollcall.lb.template;

import java.util.List;

/**
 * A rendered configuration. Immutable.
 *
 * @param text the configuration; it ends with a newline
 * @param refusals the instances left out, in the order of their services and ids
 */
public record Rendering(String text, List<Refusal> refusals) {
  /** Copies the list. */
  public Rendering {
    refusals = List.copyOf(refusals);
  }

  @Override
  public String toString() {
    // The text may hold the statistics page's password.
    return "Rendering[" + text.length() + " characters, refusals=" + refusals + "]";
  }
}
