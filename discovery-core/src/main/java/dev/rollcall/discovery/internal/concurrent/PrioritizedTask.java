package dev.rollcall.discovery.internal.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Some work that waits for a thread: the more urgent goes first, of equals the one that came first.
 */
public record PrioritizedTask(Priority priority, long number, Runnable work)
    implements Runnable, Comparable<PrioritizedTask> {

  private static final AtomicLong NUMBERS = new AtomicLong();

  public PrioritizedTask(Priority priority, Runnable work) {
    this(priority, NUMBERS.getAndIncrement(), work);
  }

  @Override
  public void run() {
    work.run();
  }

  @Override
  public int compareTo(PrioritizedTask other) {
    int byUrgency = priority.compareTo(other.priority);
    return byUrgency != 0 ? byUrgency : Long.compare(number, other.number);
  }
}
