package dev.rollcall.lb.haproxy;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The status of HAProxy as it was seen last. Immutable.
 *
 * @param mode how it is run
 * @param running whether a worker was seen to serve
 * @param version such as {@code 3.0.11-1+deb13u3}; null when unknown
 * @param masterPid process id of the master in its own namespace; 0 when unknown
 * @param workerPid process id of the worker that serves; 0 when unknown
 * @param uptime of the master; zero when unknown
 * @param reloads that the master counted since it started
 * @param failedReloads since the last success, as the master counts them (HAProxy 3.1 and later:
 *     not reliable)
 * @param oldWorkers workers that still finish connections of an earlier configuration
 * @param problem one line when HAProxy does not run or answers nonsense; null when all is well
 */
public record HaproxyStatus(
    Mode mode,
    boolean running,
    @Nullable String version,
    long masterPid,
    long workerPid,
    Duration uptime,
    int reloads,
    int failedReloads,
    int oldWorkers,
    @Nullable String problem) {

  /** How HAProxy is run. */
  public enum Mode {
    /** No HAProxy is configured: only the file is written. */
    FILE_ONLY,
    /** Somebody else runs it; its master socket is used. */
    ATTACHED,
    /** It is a child process of this one. */
    CHILD
  }

  /** Of an HAProxy that does not run, and why. */
  public static HaproxyStatus absent(Mode mode, @Nullable String problem) {
    return new HaproxyStatus(mode, false, null, 0, 0, Duration.ZERO, 0, 0, 0, problem);
  }
}
