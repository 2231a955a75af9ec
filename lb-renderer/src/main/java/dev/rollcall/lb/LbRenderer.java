package dev.rollcall.lb;

import dev.rollcall.lb.cli.Arguments;

/** Keeps HAProxy in step with the services that its template names. */
public final class LbRenderer {
  private LbRenderer() {}

  /** Runs until the work is done or a signal ends it; {@code --help} tells the rest. */
  public static void main(String[] arguments) {
    System.exit(new Arguments(System.getenv(), System.out, System.err).run(arguments));
  }
}
