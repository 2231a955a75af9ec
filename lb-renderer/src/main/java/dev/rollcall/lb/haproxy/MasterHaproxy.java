package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.MasterCli.Timeouts;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** An HAProxy in master-worker mode, reached by its master socket. Thread-safe. */
abstract class MasterHaproxy implements Haproxy {

  final HaproxySocket socket;
  final MasterCli cli;
  final MasterMonitor monitor;

  /** Held by whoever changes HAProxy, a reload included. */
  final ReentrantLock busy = new ReentrantLock();

  private final RuntimeApi runtimeApi;
  private final StatsReader stats;
  private final LostConnections lost = new LostConnections();

  MasterHaproxy(HaproxySocket socket, HaproxyStatus.Mode mode, Timeouts timeouts) {
    this.socket = socket;
    this.cli = new MasterCli(socket, timeouts);
    this.monitor = new MasterMonitor(cli, mode, busy, InstantSource.system());
    this.runtimeApi = RuntimeApi.throughMaster(socket.path());
    this.stats = new StatsReader(socket, System::nanoTime, this::recordStalledReply);
  }

  @Override
  public Set<ServerName> change(List<? extends HaproxyChange> changes) throws RuntimeApiException {
    String version = monitor.status().version();
    HaproxyVersion seen = version == null ? null : HaproxyVersion.tryParse(version).orElse(null);
    return inSession(session -> session.apply(changes, seen));
  }

  @Override
  public Set<ServerName> deleteIdleServers(Collection<DrainingServer> draining)
      throws RuntimeApiException {
    return inSessionOrNext(session -> session.deleteIdle(draining));
  }

  @Override
  public Set<String> deleteIdleBackends(Collection<String> names) throws RuntimeApiException {
    return inSessionOrNext(session -> session.deleteIdleBackends(names));
  }

  @Override
  public BackendTable backends() throws RuntimeApiException {
    return inSessionOrNext(CheckedSession::backends);
  }

  @Override
  public Map<String, List<MapFile.Entry>> maps(Collection<String> paths)
      throws RuntimeApiException {
    return inSessionOrNext(session -> session.maps(paths));
  }

  @Override
  public List<ServerState> servers() throws RuntimeApiException {
    return inSessionOrNext(CheckedSession::servers);
  }

  @Override
  public List<ServerState> servers(Set<ServerName> names) throws RuntimeApiException {
    return inSessionOrNext(session -> session.servers(names));
  }

  @Override
  public StatsReport stats() {
    return stats.read();
  }

  @Override
  public void onRestart(Runnable listener) {
    monitor.onRestart(listener);
  }

  @Override
  public Optional<String> reasonToReload() {
    return lost.reasonToReload(monitor.status());
  }

  private void recordStalledReply() {
    lost.recordStalledReply(monitor.status());
  }

  /** In another session, if a reply stalled: for an action that can be repeated. */
  private <T> T inSessionOrNext(Action<T> action) throws RuntimeApiException {
    try {
      return inSession(action);
    } catch (RuntimeApiException e) {
      if (!e.isStalledReply()) {
        throw e;
      }
      return inSession(action);
    }
  }

  /** A new session each time, since one stays with its worker when HAProxy reloads. */
  private <T> T inSession(Action<T> action) throws RuntimeApiException {
    busy.lock();
    try (RuntimeApi.Session session = runtimeApi.open()) {
      return action.run(new CheckedSession(session));
    } catch (RuntimeApiException e) {
      if (e.isStalledReply()) {
        recordStalledReply();
      }
      throw e;
    } finally {
      busy.unlock();
    }
  }

  private interface Action<T> {
    T run(CheckedSession session) throws RuntimeApiException;
  }
}
