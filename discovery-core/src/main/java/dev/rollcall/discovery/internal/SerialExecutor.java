package dev.rollcall.discovery.internal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks one after the other, in order, each on some thread of another executor. It waits for
 * that thread as a {@link Turn} as urgent as the most urgent of its tasks, since that one has to
 * wait for those before it.
 */
final class SerialExecutor {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final Executor threads;
  private final Queue<Turn> waiting = new ArrayDeque<>();
  private boolean running;

  /** How urgent the turn is that was asked for; null if none is due. */
  private @Nullable Urgency asked;

  /** An executor on threads that take the most urgent {@link Turn} first. */
  SerialExecutor(Executor threads) {
    this.threads = threads;
  }

  /** Whether nothing runs, and nothing is to run. */
  boolean isIdle() {
    synchronized (waiting) {
      return !running && waiting.isEmpty();
    }
  }

  void execute(Urgency urgency, Runnable task) {
    synchronized (waiting) {
      waiting.add(new Turn(urgency, task));
      if (running || (asked != null && asked.compareTo(urgency) <= 0)) {
        return;
      }
      asked = urgency;
    }
    // A less urgent turn that was asked for before finds nothing left to do.
    ask(urgency);
  }

  private void ask(Urgency urgency) {
    boolean taken = false;
    try {
      threads.execute(new Turn(urgency, this::runNext));
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
    Turn task;
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
      Urgency next;
      synchronized (waiting) {
        running = false;
        next = waiting.stream().map(Turn::urgency).min(Urgency::compareTo).orElse(null);
        asked = next;
      }
      if (next != null) {
        ask(next);
      }
    }
  }
}
