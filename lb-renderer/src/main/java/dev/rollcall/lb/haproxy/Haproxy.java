package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.ServerName;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * One HAProxy that serves from one configuration file.
 *
 * <p>Every method is bounded in time. An HAProxy that is absent, slow or answers nonsense is
 * reported by the result or a {@link RuntimeApiException}. {@link #status}, {@link #stats} and
 * {@link #close} may be called from any thread, the others are for one thread at a time (a second
 * caller waits).
 */
public interface Haproxy extends AutoCloseable {

  /**
   * Checks a configuration without changing what runs.
   *
   * @param candidate a readable file
   */
  ConfigCheck check(Path candidate);

  /**
   * Reloads HAProxy from its configuration file and waits until the new worker serves. A child that
   * does not run is started.
   */
  ReloadResult reload();

  /**
   * Changes the servers of the running worker.
   *
   * @param changes those that remove servers last
   * @return the removed servers that are drained and not idle yet: delete them later
   * @throws RuntimeApiException when the change was not made, or only in part: HAProxy needs a
   *     reload
   */
  Set<ServerName> change(List<ServerChange> changes) throws RuntimeApiException;

  /**
   * Deletes drained servers that are idle or overdue.
   *
   * @param draining as {@link #change} returned; may contain servers that no longer exist
   * @return those that still exist
   * @throws RuntimeApiException when HAProxy could not be asked, or refused
   */
  Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining) throws RuntimeApiException;

  /**
   * The servers of the running worker.
   *
   * @throws RuntimeApiException when HAProxy could not be asked
   */
  List<ServerState> servers() throws RuntimeApiException;

  /** The status that was seen last. Does not wait for HAProxy. */
  HaproxyStatus status();

  /**
   * The statistics of its servers. Takes a second at most.
   *
   * @return {@link StatsReport#NONE} if there is no HAProxy to ask
   */
  default StatsReport stats() {
    return StatsReport.NONE;
  }

  /**
   * Adds a listener that is called each time HAProxy appeared, or came back as another process. It
   * then runs the file as it was at its start, so the caller has to reconcile. Called on a thread
   * of this object; the listener must return at once.
   */
  void onRestart(Runnable listener);

  /**
   * Stops a child, gracefully within its time limit, then by force; an attached HAProxy keeps
   * running. Idempotent.
   */
  @Override
  void close();

  /** Leaves HAProxy running, a child too, which the next run adopts. Idempotent. */
  default void detach() {
    close();
  }

  /**
   * Stops a child at once; its requests in flight are cut. May be called while {@link #close} waits
   * for them. Takes a few seconds at most.
   */
  default void stopNow() {
    close();
  }

  /**
   * A server that was drained and waits to be deleted. Immutable.
   *
   * @param name its name
   * @param overdue whether its drain time is over: it goes into maintenance though it is not idle
   */
  public record DrainingServer(ServerName name, boolean overdue) {}
}
