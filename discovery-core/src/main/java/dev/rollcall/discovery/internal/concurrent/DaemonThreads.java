package dev.rollcall.discovery.internal.concurrent;

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads of one connection, all daemons: a scheduler that never blocks; a few that speak with
 * the agent for all registrations; one for each watched query; and one for each listener that is
 * being called. Thread-safe.
 *
 * <p>The scheduler and those that speak for registrations are platform threads, which the system's
 * scheduler gives their share of the processors: a virtual thread of the application that never
 * lets go of its carrier would hold up every heartbeat. Once started they stay, as there may be no
 * room for another thread when one is wanted. The others are virtual where the JVM has them (21 and
 * later): a watch spends its life blocked in a read.
 */
public class DaemonThreads implements Threads {

  /** How many calls for registrations may be under way at once; as many connections are enough. */
  public static final int CONTROL_THREADS = 4;

  private static final Logger log = LoggerFactory.getLogger(DaemonThreads.class);

  /** When to look again whether there is room for a thread. */
  private static final Duration RETRY = Duration.ofMillis(250);

  private final ScheduledThreadPoolExecutor scheduler;
  private final ThreadPoolExecutor control;
  private final ThreadPoolExecutor listeners;
  private final ThreadFactory watches = virtualFactory("rollcall-watch-");
  private final AtomicBoolean crowded = new AtomicBoolean();

  public DaemonThreads() {
    this(
        platformFactory("rollcall-timer-"),
        platformFactory("rollcall-control-"),
        virtualFactory("rollcall-listener-"));
  }

  /** With threads of other makes, each of which may refuse with an OutOfMemoryError. */
  DaemonThreads(ThreadFactory timers, ThreadFactory controls, ThreadFactory calls) {
    scheduler = new ScheduledThreadPoolExecutor(1, timers, new ThreadPoolExecutor.DiscardPolicy());
    // Everything that cannot be done now is put off with it: so it must be there.
    scheduler.prestartCoreThread();
    control = pool(CONTROL_THREADS, CONTROL_THREADS, new PriorityBlockingQueue<>(), controls);
    listeners = pool(0, Integer.MAX_VALUE, new SynchronousQueue<>(), calls);
  }

  private static ThreadPoolExecutor pool(
      int least, int most, BlockingQueue<Runnable> queue, ThreadFactory threads) {
    return new ThreadPoolExecutor(
        least, most, 30, TimeUnit.SECONDS, queue, threads, new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Platform threads, named with a prefix and a number. */
  public static ThreadFactory platformFactory(String prefix) {
    AtomicInteger count = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, prefix + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /** Virtual threads where the JVM has them, found by reflection as the library runs on 17 too. */
  static ThreadFactory virtualFactory(String prefix) {
    try {
      Method ofVirtual = Thread.class.getMethod("ofVirtual");
      Class<?> type = ofVirtual.getReturnType();
      Object builder = ofVirtual.invoke(null);
      type.getMethod("name", String.class, long.class).invoke(builder, prefix, 1L);
      return (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException before21) {
      return platformFactory(prefix);
    }
  }

  @Override
  public void schedule(Duration delay, Runnable task) {
    var unused = scheduler.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Executor control() {
    return task -> execute(control, task);
  }

  /** For what must hold up nothing else: as many as are wanted, which are few. */
  public Executor side() {
    return listeners();
  }

  @Override
  public Executor listeners() {
    return task -> execute(listeners, task);
  }

  /** Runs a task for certain, if need be when there is room for a thread again. */
  private void execute(ThreadPoolExecutor pool, Runnable task) {
    try {
      pool.execute(task);
      crowded.set(false);
    } catch (OutOfMemoryError e) {
      if (!crowded.getAndSet(true)) {
        log.warn("No thread can be started ({}); trying on", e.getMessage());
      }
      if (pool == control && pool.getPoolSize() > 0) {
        // Those that are there do it.
        pool.getQueue().add(task);
      } else {
        schedule(RETRY, () -> execute(pool, task));
      }
    }
  }

  @Override
  public Thread watch(Runnable loop) {
    return watches.newThread(loop);
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
    control.shutdownNow();
    listeners.shutdown();
  }
}
