package dev.rollcall.lb.haproxy;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * One HAProxy that serves from one configuration file.
 *
 * <p>Every method is bounded in time and none throws because HAProxy is absent, slow or wrong: that
 * is what the returned values say. {@link #status} and {@link #close} may be called from any
 * thread, the others are for one thread at a time (a second caller waits).
 */
public interface Haproxy extends AutoCloseable {

  /**
   * Asks HAProxy whether it would take a configuration, without touching what serves.
   *
   * @param candidate a readable file
   */
  ConfigCheck check(Path candidate);

  /**
   * Makes HAProxy serve from its configuration file as it is now, and waits until the new worker
   * was seen to serve. A child that does not run is started.
   */
  ReloadResult reload();

  /**
   * Changes the servers of the running worker. What is not made, or made only in part, needs a
   * reload.
   *
   * @param steps those that remove servers last
   */
  ChangeResult change(List<ServerChange> steps);

  /**
   * Deletes servers that a change had to leave behind, as far as they are idle.
   *
   * @param leaving as {@link ChangeResult.Success#draining} told; what is gone already is no
   *     mistake
   */
  ChangeResult deleteIdleServers(Collection<DrainingServer> leaving);

  /** Looks at the servers of the running worker. */
  RunningServers servers();

  /** What was last seen of HAProxy. Never blocks on HAProxy; safe from any thread. */
  HaproxyStatus status();

  /**
   * How its servers are, for somebody who looks. Takes a second at most; safe from any thread.
   *
   * @return {@link StatsReport#NONE} if there is no HAProxy to ask
   */
  default StatsReport stats() {
    return StatsReport.NONE;
  }

  /**
   * Adds a listener that is told each time HAProxy appeared, or came back as another process: it
   * then runs the file as it was when it started, so the caller compares and brings it level.
   * Called on a thread of this object; the listener must only take note and return.
   */
  void onRestart(Runnable listener);

  /**
   * Lets go. An attached HAProxy serves on; a child is stopped: gracefully, within its limits, then
   * by force. Idempotent.
   */
  @Override
  void close();

  /** Lets go and leaves HAProxy running, a child too: the next run takes it over. Idempotent. */
  default void detach() {
    close();
  }

  /**
   * Lets go at once: a child's requests in flight are cut. May be called while {@link #close} waits
   * for them, which then ends too. Bounded by a few seconds.
   */
  default void stopNow() {
    close();
  }
}
