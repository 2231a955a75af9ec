package dev.rollcall.web;

/** What the process ends with; {@code --help} documents the same numbers. */
enum ExitCode {
  /** Asked to stop, and stopped in order; or {@code --help} and {@code --version}. */
  OK(0),
  /** Something that should not happen; the log has the cause. */
  FAILED(1),
  /** An argument or an environment variable that cannot be used. */
  USAGE(2),
  /** The port cannot be listened on: taken, or not permitted. */
  PORT(4);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The status that the parent process sees. */
  int number() {
    return number;
  }
}
