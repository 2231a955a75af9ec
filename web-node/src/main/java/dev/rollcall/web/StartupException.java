package dev.rollcall.web;

import java.util.function.Supplier;

/** The node cannot start with what it was given; the message is one line for people. */
final class StartupException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  StartupException(ExitCode code, String message) {
    super(message);
    this.code = code;
  }

  /** What the process exits with. */
  ExitCode code() {
    return code;
  }

  /** Takes what the step says of its argument for a complaint about the settings. */
  static <T> T ofUsage(Supplier<T> step) {
    try {
      return step.get();
    } catch (IllegalArgumentException e) {
      throw new StartupException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  /** The same, for a step that does not know which variable its argument came from. */
  static <T> T ofUsage(String variable, Supplier<T> step) {
    try {
      return step.get();
    } catch (IllegalArgumentException e) {
      throw new StartupException(ExitCode.USAGE, variable + ": " + e.getMessage());
    }
  }
}
