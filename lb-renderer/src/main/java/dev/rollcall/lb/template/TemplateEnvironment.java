package dev.rollcall.lb.template;

import java.util.Map;
import java.util.Optional;

/**
 * The environment variables that a template may read: {@code STATS_USER}, {@code STATS_PASSWORD}
 * and those whose names start with {@code LB_}. An allow-list, so that a template can't carry other
 * secrets of the process into a file. Immutable.
 */
public final class TemplateEnvironment {
  private final Map<String, String> variables;

  /** Reads from a copy of the variables given, which may hold others too. */
  public TemplateEnvironment(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  /** Whether a template may read the variable. */
  public static boolean allows(String name) {
    return name.equals("STATS_USER") || name.equals("STATS_PASSWORD") || name.startsWith("LB_");
  }

  /** The variable's value; empty if it is not set, set to nothing, or not for templates. */
  Optional<String> get(String name) {
    return allows(name)
        ? Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty())
        : Optional.empty();
  }
}
