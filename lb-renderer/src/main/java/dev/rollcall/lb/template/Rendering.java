package dev.rollcall.lb.template;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A rendered configuration. Immutable.
 *
 * @param text the configuration; it ends with a newline
 * @param others the texts of the files beside it, by their paths
 * @param refusals the instances left out, in the order of their services and ids
 * @param ignored what served instances ask for and don't get, in the same order
 * @param names the servers' names, for the next rendering
 */
public record Rendering(
    String text,
    Map<Path, String> others,
    List<Refusal> refusals,
    List<Refusal> ignored,
    ServerNames names) {
  /** Copies the collections. */
  public Rendering {
    others = Map.copyOf(others);
    refusals = List.copyOf(refusals);
    ignored = List.copyOf(ignored);
  }

  @Override
  public String toString() {
    // The text may hold the statistics page's password.
    return "Rendering["
        + text.length()
        + " characters, others="
        + others.keySet()
        + ", refusals="
        + refusals
        + ", ignored="
        + ignored
        + "]";
  }
}
