package dev.rollcall.lb.cli;

import java.io.Serial;

/** The program can't go on, and why: one line that says what, where, and what to do. */
final class ExitException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final ExitCode code;

  /** Ends with the code and the line. */
  ExitException(ExitCode code, String line) {
    super(line.strip().replaceAll("\\s*[\\r\\n]+\\s*", " | "));
    this.code = code;
  }

  static ExitException usage(String line) {
    return new ExitException(ExitCode.USAGE, line);
  }

  ExitCode code() {
    return code;
  }
}
