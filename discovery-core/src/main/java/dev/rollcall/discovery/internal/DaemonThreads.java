package dev.rollcall.discovery.internal;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads of one connection, all daemons: a timer that never blocks; a few that speak with the
 * agent for all registrations; one for each watched query; and one for each listener that is being
 * called. Thread-safe.
 */
final class DaemonThreads implements Threads {

  /** How many calls for registrations may be under way at once; as many connections are enough. */
  static final int CONTROL = 4;

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor listeners;
  private final ThreadFactory watches = Daemons.named("rollcall-watch-");

  DaemonThreads() {
    timer =
        new ScheduledThreadPoolExecutor(
            1, Daemons.platform("rollcall-timer-"), new ThreadPoolExecutor.DiscardPolicy());
    control = pool(CONTROL, CONTROL, new PriorityBlockingQueue<>(), "control");
    listeners = pool(0, Integer.MAX_VALUE, new SynchronousQueue<>(), "listener");
  }

  private static ThreadPoolExecutor pool(
      int least, int most, BlockingQueue<Runnable> queue, String name) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            least,
            most,
            30,
            TimeUnit.SECONDS,
            queue,
            Daemons.named("rollcall-" + name + "-"),
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  @Override
  public void after(Duration delay, Runnable task) {
    var unused = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Executor control() {
    return control;
  }

  /** For what must hold up nothing else: as many as are wanted, which are few. */
  Executor side() {
    return listeners;
  }

  @Override
  public Executor listeners() {
    return listeners;
  }

  @Override
  public Thread watch(Runnable loop) {
    return watches.newThread(loop);
  }

  /**
   * Stops everything; what has not begun never does. Listeners that are being called may finish.
   */
  @Override
  public void close() {
    timer.shutdownNow();
    control.shutdownNow();
    listeners.shutdown();
  }
}
