package dev.rollcall.discovery.internal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Some work that waits for a thread: the more urgent goes first, of equals the one that came first.
 */
record Turn(Urgency urgency, long number, Runnable work) implements Runnable, Comparable<Turn> {

  private static final AtomicLong NUMBERS = new AtomicLong();

  Turn(Urgency urgency, Runnable work) {
    this(urgency, NUMBERS.getAndIncrement(), work);
  }

  @Override
  public void run() {
    work.run();
  }

  @Override
  public int compareTo(Turn other) {
    int byUrgency = urgency.compareTo(other.urgency);
    return byUrgency != 0 ? byUrgency : Long.compare(number, other.number);
  }
}
