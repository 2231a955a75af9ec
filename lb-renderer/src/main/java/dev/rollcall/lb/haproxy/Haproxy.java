package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * One HAProxy that serves from one configuration file.
 *
 * <p>Every method is bounded in time, and those that ask HAProxy say by what they return or throw
 * that it is absent, slow or wrong. {@link #status}, {@link #stats} and {@link #close} may be
 * called from any thread, the others are for one thread at a time (a second caller waits).
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
   * Changes the servers of the running worker.
   *
   * @param changes those that remove servers last
   * @return removed servers that take no traffic any more and still have a connection that would
   *     not end; they are to be deleted later
   * @throws RuntimeApiException when it was not made, or only in part: it needs a reload
   */
  Set<ServerName> change(List<ServerChange> changes) throws RuntimeApiException;

  /**
   * Deletes servers that a change had to leave behind, as far as they are idle.
   *
   * @param draining as {@link #change} told; what is gone already is no mistake
   * @return those that are not gone
   * @throws RuntimeApiException when it could not be done
   */
  Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining) throws RuntimeApiException;

  /**
   * Looks at the servers of the running worker, of any version of HAProxy.
   *
   * @throws RuntimeApiException when there was nobody to tell
   */
  List<ServerState> servers() throws RuntimeApiException;

  /** What was last seen of HAProxy. Never blocks on HAProxy. */
  HaproxyStatus status();

  /**
   * How its servers are, for somebody who looks. Takes a second at most.
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

  /** Lets go and leaves HAProxy running, a child too: the next run adopts it. Idempotent. */
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

  /**
   * A server that was drained and waits to be deleted. Immutable.
   *
   * @param name where it stands
   * @param overdue whether it has had its time: it goes into maintenance though it is not idle, so
   *     that it can be deleted with its last connection
   */
  public record DrainingServer(ServerName name, boolean overdue) {}
}
