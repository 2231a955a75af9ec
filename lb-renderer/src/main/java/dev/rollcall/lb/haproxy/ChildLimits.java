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
          MasterLimits.DEFAULT.reload(),
          Duration.ofSeconds(20),
          Duration.ofSeconds(3));

  /** With another time to load the configuration. */
  ChildLimits loadingWithin(Duration limit) {
    return new ChildLimits(master.reloadingWithin(limit), limit, graceful, terminate);
  }
}
