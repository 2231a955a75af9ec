package dev.rollcall.lb.cli;

/** How the program ends. */
public enum ExitCode {
  /** Done, or stopped as asked. */
  OK("done, or stopped by a signal"),
  /** A defect of lb-renderer. */
  INTERNAL("internal error"),
  /** The command line or a setting is wrong. */
  USAGE("usage: unknown option, bad value, address not to be had"),
  /** The template can't be used. */
  TEMPLATE("template: absent, unreadable or wrong (line and column are told)"),
  /** The output can't be written. */
  OUTPUT("output not writable"),
  /** HAProxy doesn't take the configuration. */
  REFUSED("HAProxy refused the configuration (--once)"),
  /** Consul doesn't answer. */
  CONSUL("no answer from Consul in time (--once, --dry-run)"),
  /** HAProxy isn't there. */
  HAPROXY("HAProxy not reachable, or not to be started");

  private final String meaning;

  ExitCode(String meaning) {
    this.meaning = meaning;
  }

  /** The number. */
  public int number() {
    return ordinal();
  }

  /** What it means, for the help text. */
  public String meaning() {
    return meaning;
  }
}
