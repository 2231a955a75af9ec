package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.ServerName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
   * Changes the servers, backends and maps of the running worker.
   *
   * @param changes in order; those that remove servers last
   * @return the removed servers that are drained and not idle yet: delete them later
   * @throws RuntimeApiException when the change was not made, or only in part: HAProxy needs a
   *     reload
   */
  Set<ServerName> change(List<? extends HaproxyChange> changes) throws RuntimeApiException;

  /**
   * Deletes drained servers that are idle or overdue.
   *
   * @param draining as {@link #change} returned; may contain servers that no longer exist
   * @return those that still exist
   * @throws RuntimeApiException when HAProxy could not be asked, or refused
   */
  Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining) throws RuntimeApiException;

  /**
   * Deletes unpublished backends that have neither servers nor requests.
   *
   * @param names may contain backends that no longer exist
   * @return those that still exist
   * @throws RuntimeApiException when HAProxy could not be asked, or refused
   */
  Set<String> deleteIdleBackends(Collection<String> names) throws RuntimeApiException;

  /**
   * The backends of the running worker.
   *
   * @throws RuntimeApiException when HAProxy could not be asked
   */
  BackendTable backends() throws RuntimeApiException;

  /**
   * The entries of maps of the running worker, in order.
   *
   * @param paths as the configuration names them
   * @return by path
   * @throws RuntimeApiException when HAProxy could not be asked, or has no such map
   */
  Map<String, List<MapFile.Entry>> maps(Collection<String> paths) throws RuntimeApiException;

  /**
   * The servers of the running worker.
   *
   * @throws RuntimeApiException when HAProxy could not be asked
   */
  List<ServerState> servers() throws RuntimeApiException;

  /**
   * Some servers of the running worker.
   *
   * @param names which ones
   * @return those of them that exist
   * @throws RuntimeApiException when HAProxy could not be asked
   */
  default List<ServerState> servers(Set<ServerName> names) throws RuntimeApiException {
    return servers().stream()
        .filter(
            state ->
                ServerName.legal(state.backend())
                    && ServerName.legal(state.server())
                    && names.contains(new ServerName(state.backend(), state.server())))
        .toList();
  }

  /** The status that was seen last. Does not wait for HAProxy. */
  HaproxyStatus status();

  /**
   * Why HAProxy has to be reloaded though it has the configuration that it should. Does not wait
   * for HAProxy.
   *
   * @return empty if it need not be
   */
  default Optional<String> reasonToReload() {
    return Optional.empty();
  }

  /**
   * The statistics of its servers. Takes two seconds at most.
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
   * @param withBackend whether its whole backend leaves: then it was not drained, since it serves
   *     what waits in the queue of the backend, and it goes into maintenance only when it is idle:
   *     before the drain time is over, when the whole backend is
   */
  record DrainingServer(ServerName name, boolean overdue, boolean withBackend) {
    /** Of a backend that stays. */
    public DrainingServer(ServerName name, boolean overdue) {
      this(name, overdue, false);
    }
  }

  /** The result of checking a configuration file, without changing what runs. Immutable. */
  sealed interface ConfigCheck {

    /**
     * {@code haproxy -c} ended with 0. Any other exit code, 2 ("no listener") included, is a
     * refusal.
     */
    record Passed() implements ConfigCheck {}

    /**
     * HAProxy refuses it.
     *
     * @param message HAProxy's message, bounded in length; may have several lines
     */
    record Refused(String message) implements ConfigCheck {}

    /**
     * There was no result within the time limit.
     *
     * @param reason one line
     */
    record TimedOut(String reason) implements ConfigCheck {}

    /**
     * It could not be checked here; the master checks it at the reload.
     *
     * @param reason one line
     */
    record Unavailable(String reason) implements ConfigCheck {}
  }

  /** How a reload ended. Immutable. */
  sealed interface ReloadResult {

    /**
     * A new worker serves from the file.
     *
     * @param took from the command to the verified worker
     */
    record Success(Duration took) implements ReloadResult {}

    /**
     * HAProxy refused the file; the old worker keeps serving.
     *
     * @param message HAProxy's message, bounded in length; may have several lines
     */
    record Refused(String message) implements ReloadResult {}

    /**
     * HAProxy did not serve after the reload: it exited, hangs, or its new worker does not listen.
     * The last known good file has to be restored.
     *
     * @param message what was seen
     */
    record NotServing(String message) implements ReloadResult {}

    /**
     * HAProxy could not be reached, so nothing was reloaded.
     *
     * @param reason one line
     */
    record Unreachable(String reason) implements ReloadResult {}

    /** There is no HAProxy to reload. */
    record NotNeeded() implements ReloadResult {}
  }
}
