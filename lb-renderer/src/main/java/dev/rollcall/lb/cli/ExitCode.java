package dev.rollcall.lb.cli;

/** How the program ends. */
public enum ExitCode {
  /** Done, or stopped as asked. */
  OK(0, "done, or stopped by a signal"),
  /** A defect of lb-renderer. */
  INTERNAL(1, "internal error"),
  /** The command line or a setting is wrong. */
  USAGE(2, "usage: unknown option, bad value, address not to be had"),
  /** The template can't be used. */
  TEMPLATE(3, "template: absent, unreadable or wrong (told as FILE:LINE:COLUMN)"),
  /** The output can't be written. */
  OUTPUT(4, "output not writable"),
  /** HAProxy doesn't take the configuration. */
  REFUSED(5, "HAProxy refused the configuration (check, --once)"),
  /** Consul doesn't answer. */
  CONSUL(6, "no answer from Consul in time (render, check, --once)"),
  /** HAProxy isn't there. */
  HAPROXY(7, "HAProxy not reachable, or not to be started"),
  /** The lb-renderer that was asked isn't as it should be. */
  NOT_READY(8, "the lb-renderer that was asked is not ready (status)"),
  /** No lb-renderer answers. */
  NO_ANSWER(9, "no lb-renderer answers (status)");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /** The number. */
  public int number() {
    return number;
  }

  /** What it means, for the help text. */
  public String meaning() {
    return meaning;
  }
}
