package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.runtime.ChangeOutcome;
import dev.rollcall.lb.runtime.Leaving;
import dev.rollcall.lb.runtime.RunningServers;
import dev.rollcall.lb.runtime.RuntimeApi;
import dev.rollcall.lb.runtime.ServerChanges;
import dev.rollcall.lb.runtime.ServerStep;
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

  ChangeOutcome change(List<ServerStep> steps) {
    return alone(() -> ServerChanges.make(steps, api));
  }

  ChangeOutcome deleteIdle(Collection<Leaving> leaving) {
    return alone(() -> ServerChanges.deleteIdle(leaving, api));
  }

  RunningServers look() {
    return alone(() -> ServerChanges.look(api));
  }

  private <T> T alone(Supplier<T> action) {
    busy.lock();
    try {
      return action.get();
    } finally {
      busy.unlock();
    }
  }
}
