package dev.rollcall.lb;

import dev.rollcall.lb.cli.Arguments;
import java.util.Arrays;

/** Keeps HAProxy in step with the services that its template names. */
public final class LbRenderer {
  private LbRenderer() {}

  /** Runs until the work is done or a signal ends it; {@code --help} tells the rest. */
  public static void main(String[] arguments) {
    // Before the first logger exists: a dry run's result has standard output to itself.
    System.setProperty(
        "lb-renderer.log",
        Arrays.asList(arguments).contains("--dry-run") ? "System.err" : "System.out");
    System.exit(new Arguments(System.getenv(), System.out, System.err).run(arguments));
  }
}
