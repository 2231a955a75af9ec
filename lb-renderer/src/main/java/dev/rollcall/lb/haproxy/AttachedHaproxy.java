package dev.rollcall.lb.haproxy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An HAProxy that somebody else runs, in master-worker mode ({@code -W}) with a master socket
 * ({@code -S}) of level admin; with level operator every change is a reload. It may be absent, come
 * later, and restart at any time. Thread-safe.
 *
 * @see <a href="https://docs.haproxy.org/3.2/management.html#9.4.1">Management guide, 9.4.1 Master
 *     CLI</a>
 */
public final class AttachedHaproxy implements Haproxy {

  private final MasterCli cli;
  private final ReentrantLock busy = new ReentrantLock();
  private final MasterMonitor watch;
  private final LiveServers servers;
  private final StatsReader traffic;

  private AttachedHaproxy(Path masterSocket, MasterTimeouts limits) {
    MasterSocket socket = new MasterSocket(masterSocket);
    this.cli = new MasterCli(socket, limits);
    this.traffic = new StatsReader(socket, System::nanoTime);
    this.watch = new MasterMonitor(cli, HaproxyStatus.Mode.ATTACHED, busy, InstantSource.system());
    this.servers = new LiveServers(masterSocket, busy);
  }

  /**
   * Begins to watch a master socket. HAProxy need not be there.
   *
   * @param masterSocket that HAProxy was given with {@code -S}; share its directory between
   *     containers rather than the socket, which gets a new inode at a reload
   * @param load how long it may take to load a configuration at a reload
   * @throws HaproxyUnavailableException when no socket can ever be at that path
   */
  public static AttachedHaproxy attach(Path masterSocket, Duration load)
      throws HaproxyUnavailableException {
    return attach(masterSocket, MasterTimeouts.DEFAULT.withReloadTimeout(load));
  }

  /** As {@link #attach(Path, Duration)}, with room for some 50,000 certificates. */
  public static AttachedHaproxy attach(Path masterSocket) throws HaproxyUnavailableException {
    return attach(masterSocket, MasterTimeouts.DEFAULT);
  }

  static AttachedHaproxy attach(Path masterSocket, MasterTimeouts limits)
      throws HaproxyUnavailableException {
    AttachedHaproxy haproxy = new AttachedHaproxy(SocketPath.checked(masterSocket), limits);
    haproxy.watch.refresh();
    haproxy.watch.acknowledge();
    haproxy.watch.start();
    return haproxy;
  }

  /** Leaves it to the master: its program is not at hand here. */
  @Override
  public ConfigCheck check(Path candidate) {
    return new ConfigCheck.Unavailable("the master judges it at the reload");
  }

  @Override
  public ReloadResult reload() {
    busy.lock();
    try {
      ReloadResult result = new VerifiedReload(cli, () -> true).run();
      watch.refresh();
      if (result instanceof ReloadResult.Success) {
        watch.acknowledge();
      }
      return result;
    } finally {
      busy.unlock();
    }
  }

  @Override
  public ChangeResult change(List<ServerChange> steps) {
    return servers.change(steps);
  }

  @Override
  public ChangeResult deleteIdleServers(Collection<DrainingServer> leaving) {
    return servers.deleteIdle(leaving);
  }

  @Override
  public RunningServers servers() {
    return servers.servers();
  }

  @Override
  public HaproxyStatus status() {
    return watch.status();
  }

  @Override
  public StatsReport stats() {
    return traffic.read();
  }

  @Override
  public void onRestart(Runnable listener) {
    watch.onRestart(listener);
  }

  /** Ends the watching; HAProxy serves on. */
  @Override
  public void close() {
    watch.close();
  }
}
