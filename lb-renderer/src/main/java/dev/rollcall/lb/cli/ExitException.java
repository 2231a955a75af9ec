package dev.rollcall.lb.cli;

import java.io.Serial;

/** The program can't go on, and why: one line that says what, where, and what to do. */
public final class ExitException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  private final ExitCode code;

  /** Ends with the code and the line. */
  public ExitException(ExitCode code, String line) {
    super(line.strip().replaceAll("\\s*[\\r\\n]+\\s*", " | "));
    this.code = code;
  }

  /** The code to end with. */
  public ExitCode code() {
    return code;
  }
}
