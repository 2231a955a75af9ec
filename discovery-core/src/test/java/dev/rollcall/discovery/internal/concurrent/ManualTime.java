package dev.rollcall.discovery.internal.concurrent;

import dev.rollcall.discovery.internal.api.RuntimeContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Clock, timer and thread of a test: time passes only when the test says so. */
public final class ManualTime implements Clock, RuntimeContext.Scheduler, Executor {

  private record Task(long at, int order, Runnable work) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingInt(Task::order));
  private long now = 1_000_000_000_000L;
  private int order;

  @Override
  public long nanoTime() {
    return now;
  }

  /** Lets time pass, with all that is due in it. */
  @Override
  public boolean await(CountDownLatch latch, Duration atMost) {
    long end = now + atMost.toNanos();
    while (latch.getCount() > 0 && !tasks.isEmpty() && tasks.element().at() <= end) {
      runNext();
    }
    if (latch.getCount() > 0) {
      now = end;
    }
    return latch.getCount() == 0;
  }

  @Override
  public void schedule(Duration delay, Runnable task) {
    tasks.add(new Task(now + delay.toNanos(), order++, task));
  }

  @Override
  public void execute(Runnable task) {
    schedule(Duration.ZERO, task);
  }

  /** Lets time pass, with all that is due in it. */
  public void advance(Duration by) {
    long end = now + by.toNanos();
    while (!tasks.isEmpty() && tasks.element().at() <= end) {
      runNext();
    }
    now = end;
  }

  /** Lets time pass, and nothing be done in it, as where no thread gets its turn. */
  public void pass(Duration by) {
    now += by.toNanos();
  }

  /** Does all that is due by now. */
  public void settle() {
    advance(Duration.ZERO);
  }

  /**
   * Does what is due next, letting time pass until then. Returns false if nothing is to be done.
   */
  public boolean runNext() {
    if (tasks.isEmpty()) {
      return false;
    }
    Task task = tasks.remove();
    now = Math.max(now, task.at());
    task.work().run();
    return true;
  }

  /** Does one of the things that are due by now, as a scheduler might choose. */
  public boolean runOneDue(RandomGenerator choice) {
    List<Task> due = new ArrayList<>(tasks.stream().filter(task -> task.at() <= now).toList());
    if (due.isEmpty()) {
      return false;
    }
    Task chosen = due.get(choice.nextInt(due.size()));
    tasks.remove(chosen);
    chosen.work().run();
    return true;
  }
}
