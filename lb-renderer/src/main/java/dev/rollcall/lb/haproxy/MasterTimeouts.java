package dev.rollcall.lb.haproxy;

import java.time.Duration;

/**
 * How long a master is given. Immutable.
 *
 * @param absence until a socket that refuses is taken for an absent HAProxy; a reload that goes on
 *     refuses for a while
 * @param reply for a command that only asks
 * @param reload for a reload, and for a start until it serves; a failed bind takes 2 s, tables that
 *     do not fit into memory 15 s, 20,000 certificates 45 s
 * @param lost until a reload that changed nothing is taken for lost
 * @param settle until a silent master has to answer again, and until the new worker has to be seen
 * @param poll between two looks
 */
record MasterTimeouts(
    Duration absence,
    Duration reply,
    Duration reload,
    Duration lost,
    Duration settle,
    Duration poll) {

  static final MasterTimeouts DEFAULT =
      new MasterTimeouts(
          Duration.ofSeconds(3),
          Duration.ofSeconds(5),
          Duration.ofMinutes(5),
          Duration.ofSeconds(1),
          Duration.ofSeconds(15),
          Duration.ofMillis(50));

  /** With another time for a reload. */
  MasterTimeouts withReloadTimeout(Duration timeout) {
    return new MasterTimeouts(absence, reply, timeout, lost, settle, poll);
  }
}
