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
record ChildLimits(MasterLimits master, Duration start, Duration graceful, Duration terminate) {

  static final ChildLimits DEFAULT =
      new ChildLimits(
          MasterLimits.DEFAULT,
          Duration.ofSeconds(60),
          Duration.ofSeconds(25),
          Duration.ofSeconds(3));
}
