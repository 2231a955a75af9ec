package dev.rollcall.discovery.internal.concurrent;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in order, each on some thread of another executor. It waits for
 * that thread with the priority of the most urgent of its tasks, since that one has to wait for
 * those before it.
 */
public final class SerialExecutor {

  private static final Logger log = LoggerFactory.getLogger(SerialExecutor.class);

  /**
   * Which call to the agent goes first when many wait. A deregistration has seconds; a heartbeat
   * that comes late takes a service out of every pool; a registration can wait.
   */
  public enum Priority {
    /** The service leaves. */
    DEREGISTER,
    /** The service is there, and is to stay as it should be. */
    HEARTBEAT,
    /** The service is to be registered. */
    REGISTER
  }

  /** Work that waits for a thread: by priority, of equals the one that came first. */
  record PrioritizedTask(Priority priority, long number, Runnable work)
      implements Runnable, Comparable<PrioritizedTask> {

    private static final AtomicLong NUMBERS = new AtomicLong();

    PrioritizedTask(Priority priority, Runnable work) {
      this(priority, NUMBERS.getAndIncrement(), work);
    }

    @Override
    public void run() {
      work.run();
    }

    @Override
    public int compareTo(PrioritizedTask other) {
      int byPriority = priority.compareTo(other.priority);
      return byPriority != 0 ? byPriority : Long.compare(number, other.number);
    }
  }

  private final Executor threads;
  private final Queue<PrioritizedTask> waiting = new ArrayDeque<>();
  private boolean running;

  /** The priority with which a thread was asked for; null if none is due. */
  private @Nullable Priority requested;

  /** An executor on threads that take the task of the highest priority first. */
  public SerialExecutor(Executor threads) {
    this.threads = threads;
  }

  /** Whether nothing runs, and nothing is to run. */
  public boolean isIdle() {
    synchronized (waiting) {
      return !running && waiting.isEmpty();
    }
  }

  public void execute(Priority priority, Runnable task) {
    synchronized (waiting) {
      waiting.add(new PrioritizedTask(priority, task));
      if (running || (requested != null && requested.compareTo(priority) <= 0)) {
        return;
      }
      requested = priority;
    }
    // A thread that was asked for with a lower priority before finds nothing left to do.
    request(priority);
  }

  private void request(Priority priority) {
    boolean taken = false;
    try {
      threads.execute(new PrioritizedTask(priority, this::runNext));
      taken = true;
    } finally {
      if (!taken) {
        synchronized (waiting) {
          // So that the next task asks again.
          requested = null;
        }
      }
    }
  }

  private void runNext() {
    PrioritizedTask task;
    synchronized (waiting) {
      task = running ? null : waiting.poll();
      if (task == null) {
        return;
      }
      running = true;
      requested = null;
    }
    try {
      task.run();
    } catch (Throwable e) {
      log.error("A task of the library failed", e);
    } finally {
      Priority next;
      synchronized (waiting) {
        running = false;
        next =
            waiting.stream().map(PrioritizedTask::priority).min(Priority::compareTo).orElse(null);
        requested = next;
      }
      if (next != null) {
        request(next);
      }
    }
  }
}
