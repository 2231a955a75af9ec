package dev.rollcall.lb.haproxy;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the connections that a master has lost by {@linkplain HaproxySocket.StalledReplyException
 * stalled replies}. When it has lost all 10, it answers nobody any more; a reload gives it new
 * ones. Thread-safe.
 *
 * @see <a href="https://github.com/haproxy/haproxy/issues/3351">haproxy#3351</a>
 */
final class LostConnections {

  /** Leaves as many for operators and other programs. */
  static final int MAX_LOST = 5;

  private static final Logger log = LoggerFactory.getLogger(LostConnections.class);

  private int lost;

  /** Of the master that lost them: a process, and a reload of it. */
  private long master;

  private int reloads;

  /** One more is lost. */
  synchronized void recordStalledReply(HaproxyStatus status) {
    if (!isOf(status)) {
      lost = 0;
      master = status.masterPid();
      reloads = status.reloads();
    }
    lost++;
    log.info(
        "HAProxy {} stopped in the middle of a long reply, which is a defect of its master"
            + " (haproxy#3070); it is asked again, at once or in its next turn",
        status.version());
  }

  /** Why HAProxy has to be reloaded; empty while it has enough of them. */
  synchronized Optional<String> reasonToReload(HaproxyStatus status) {
    return lost < MAX_LOST || !isOf(status)
        ? Optional.empty()
        : Optional.of(
            "HAProxy's master has lost %s of its 10 connections (haproxy#3070)".formatted(lost));
  }

  private boolean isOf(HaproxyStatus status) {
    return master == status.masterPid() && reloads == status.reloads();
  }
}
