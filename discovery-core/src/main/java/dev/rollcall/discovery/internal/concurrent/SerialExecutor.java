package dev.rollcall.discovery.internal.concurrent;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in order, each on some thread of another executor. It waits for
 * that thread as a {@link PrioritizedTask} as urgent as the most urgent of its tasks, since that
 * one has to wait for those before it.
 */
public final class SerialExecutor {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final Executor threads;
  private final Queue<PrioritizedTask> waiting = new ArrayDeque<>();
  private boolean running;

  /** How urgent the turn is that was asked for; null if none is due. */
  private @Nullable Priority asked;

  /** An executor on threads that take the most urgent {@link PrioritizedTask} first. */
  public SerialExecutor(Executor threads) {
    this.threads = threads;
  }

  /** Whether nothing runs, and nothing is to run. */
  public boolean isIdle() {
    synchronized (waiting) {
      return !running && waiting.isEmpty();
    }
  }

  public void execute(Priority urgency, Runnable task) {
    synchronized (waiting) {
      waiting.add(new PrioritizedTask(urgency, task));
      if (running || (asked != null && asked.compareTo(urgency) <= 0)) {
        return;
      }
      asked = urgency;
    }
    // A less urgent turn that was asked for before finds nothing left to do.
    ask(urgency);
  }

  private void ask(Priority urgency) {
    boolean taken = false;
    try {
      threads.execute(new PrioritizedTask(urgency, this::runNext));
      taken = true;
    } finally {
      if (!taken) {
        synchronized (waiting) {
          // So that the next task asks again.
          asked = null;
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
      asked = null;
    }
    try {
      task.run();
    } catch (Throwable e) {
      // It is one task's, and must not keep those behind it from their turn.
      log.error("A task of the library failed", e);
    } finally {
      Priority next;
      synchronized (waiting) {
        running = false;
        next =
            waiting.stream().map(PrioritizedTask::priority).min(Priority::compareTo).orElse(null);
        asked = next;
      }
      if (next != null) {
        ask(next);
      }
    }
  }
}
