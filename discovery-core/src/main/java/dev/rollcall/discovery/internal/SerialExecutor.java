package dev.rollcall.discovery.internal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other, in order, each on some thread of another executor. It waits for
 * that thread as a {@link Turn} as urgent as the most urgent of its tasks, since that one has to
 * wait for those before it.
 */
final class SerialExecutor {

  private final Executor threads;
  private final Queue<Turn> waiting = new ArrayDeque<>();
  private boolean running;

  /** How urgent the turn is that was asked for; null if none is due. */
  private @Nullable Urgency asked;

  /** An executor on threads that take the most urgent {@link Turn} first. */
  SerialExecutor(Executor threads) {
    this.threads = threads;
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
    threads.execute(new Turn(urgency, this::runNext));
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
    } finally {
      Urgency next;
      synchronized (waiting) {
        running = false;
        next = waiting.stream().map(Turn::urgency).min(Urgency::compareTo).orElse(null);
        asked = next;
      }
      if (next != null) {
        threads.execute(new Turn(next, this::runNext));
      }
    }
  }
}
