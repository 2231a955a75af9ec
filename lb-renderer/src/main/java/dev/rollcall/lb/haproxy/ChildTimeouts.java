package dev.rollcall.lb.haproxy;

import java.time.Duration;

/**
 * How long a child is given. Immutable.
 *
 * @param master for what is asked of its master
 * @param start until it has to serve
 * @param graceful from SIGUSR1, in which requests in flight end
 * @param terminate from SIGTERM to SIGKILL
 */
record ChildTimeouts(MasterTimeouts master, Duration start, Duration graceful, Duration terminate) {

  static final ChildTimeouts DEFAULT =
      new ChildTimeouts(
          MasterTimeouts.DEFAULT,
          MasterTimeouts.DEFAULT.reload(),
          Duration.ofSeconds(20),
          Duration.ofSeconds(3));

  /** With another time to load the configuration. */
  ChildTimeouts withLoadTimeout(Duration limit) {
    return new ChildTimeouts(master.withReloadTimeout(limit), limit, graceful, terminate);
  }
}
