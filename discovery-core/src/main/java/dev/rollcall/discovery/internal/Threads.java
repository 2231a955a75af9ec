package dev.rollcall.discovery.internal;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of one connection, all daemons: a timer that never blocks; a few that speak with the
 * agent for all registrations; one for each watched query; and one for each listener that is being
 * called. Thread-safe.
 */
final class Threads implements Timer, AutoCloseable {

  /** How many calls for registrations may be under way at once; as many connections are enough. */
  static final int CONTROL = 4;

  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor listeners;
  private final ThreadFactory watches = daemons("watch");

  Threads() {
    timer =
        new ScheduledThreadPoolExecutor(
            1, daemons("timer"), new ThreadPoolExecutor.DiscardPolicy());
    control = pool(CONTROL, CONTROL, new LinkedBlockingQueue<>(), "control");
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
            daemons(name),
            new ThreadPoolExecutor.DiscardPolicy());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  private static ThreadFactory daemons(String name) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "rollcall-" + name + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  @Override
  public void after(Duration delay, Runnable task) {
    var unused = timer.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  Executor control() {
    return control;
  }

  Executor listeners() {
    return listeners;
  }

  Thread watch(Runnable loop) {
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
