package dev.rollcall.measure;

/** Ends the program: one line on standard error, unless it is empty, and this exit code. */
public final class ExitException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Something was measured and is not as it should be, or a step failed. */
  public static final int FAILED = 1;

  /** An argument is wrong. */
  public static final int USAGE = 2;

  /** The composed system did not start. */
  public static final int NOT_STARTED = 5;

  private final int code;

  /** Ends with that code; the message says what is wrong and what to do. */
  public ExitException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The exit code. */
  public int code() {
    return code;
  }
}
