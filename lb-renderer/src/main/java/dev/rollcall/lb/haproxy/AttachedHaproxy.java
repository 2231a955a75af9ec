package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import dev.rollcall.lb.haproxy.Haproxy.ReloadResult;
import dev.rollcall.lb.haproxy.MasterCli.Timeouts;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An HAProxy that somebody else runs, in master-worker mode ({@code -W}) with a master socket
 * ({@code -S}) of level admin; with level operator every change is a reload. It may be absent,
 * appear later and restart at any time. Thread-safe.
 *
 * @see <a href="https://docs.haproxy.org/3.2/management.html#9.4.1">Management guide, 9.4.1 Master
 *     CLI</a>
 */
public final class AttachedHaproxy extends MasterHaproxy {

  private AttachedHaproxy(HaproxySocket socket, Timeouts timeouts) {
    super(socket, HaproxyStatus.Mode.ATTACHED, timeouts);
  }

  /**
   * Starts to monitor a master socket. HAProxy need not run yet.
   *
   * @param masterSocket that HAProxy was given with {@code -S}; share its directory between
   *     containers rather than the socket, which gets a new inode at a reload
   * @param loadTimeout how long it may take to load a configuration at a reload
   * @throws HaproxyUnavailableException when no socket can ever be at that path
   */
  public static AttachedHaproxy attach(Path masterSocket, Duration loadTimeout)
      throws HaproxyUnavailableException {
    AttachedHaproxy haproxy =
        new AttachedHaproxy(
            HaproxySocket.at(masterSocket), Timeouts.DEFAULT.withReloadTimeout(loadTimeout));
    haproxy.monitor.refresh();
    haproxy.monitor.acknowledge();
    haproxy.monitor.start();
    return haproxy;
  }

  /** As {@link #attach(Path, Duration)}, with room for some 50,000 certificates. */
  public static AttachedHaproxy attach(Path masterSocket) throws HaproxyUnavailableException {
    return attach(masterSocket, Timeouts.DEFAULT.reload());
  }

  /** The master checks it at the reload: its binary is not available here. */
  @Override
  public ConfigCheck check(Path candidate) {
    return new ConfigCheck.Unavailable("the master judges it at the reload");
  }

  @Override
  public ReloadResult reload() {
    busy.lock();
    try {
      ReloadResult result = new VerifiedReload(cli, () -> true).run();
      monitor.refresh();
      if (result instanceof ReloadResult.Success) {
        monitor.acknowledge();
      }
      return result;
    } finally {
      busy.unlock();
    }
  }

  @Override
  public HaproxyStatus status() {
    return monitor.status();
  }

  /** Stops monitoring; HAProxy keeps running. */
  @Override
  public void close() {
    monitor.close();
  }
}
