package dev.rollcall.lb.haproxy;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;

/**
 * The servers of the current worker, by way of its master: each call is one connection, because one
 * that stays open stays with a worker that was reloaded away. Thread-safe; bounded by the time-outs
 * of {@link RuntimeApi}.
 */
final class LiveServers {

  private final RuntimeApi api;
  private final Lock busy;

  /**
   * Nothing is connected yet.
   *
   * @param busy held by whoever changes HAProxy, a reload included
   */
  LiveServers(Path masterSocket, Lock busy) {
    this.api = RuntimeApi.throughMaster(masterSocket);
    this.busy = busy;
  }

  ChangeResult change(List<ServerChange> steps) {
    return exclusively(() -> ServerChangeExecutor.apply(steps, api));
  }

  ChangeResult deleteIdle(Collection<DrainingServer> leaving) {
    return exclusively(() -> ServerChangeExecutor.deleteIdle(leaving, api));
  }

  RunningServers servers() {
    return exclusively(() -> ServerChangeExecutor.servers(api));
  }

  private <T> T exclusively(Supplier<T> action) {
    busy.lock();
    try {
      return action.get();
    } finally {
      busy.unlock();
    }
  }
}
