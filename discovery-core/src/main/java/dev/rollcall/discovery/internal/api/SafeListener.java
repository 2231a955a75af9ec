package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a {@link DiscoveryListener}, whatever it throws and however long it takes: one event after
 * the other, in order, on a thread that has nothing else to do. The caller waits for nothing, and
 * nothing is thrown at it. Thread-safe.
 */
public final class SafeListener {

  private static final Logger log = LoggerFactory.getLogger(SafeListener.class);

  /** How many events may wait for a listener that is busy; what comes then is dropped. */
  static final int MAX_QUEUED = 10_000;

  /** How long others are kept back for a listener that is busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private record Change(RegistrationState from, RegistrationState to) {}

  private final DiscoveryListener listener;
  private final Executor threads;
  private final Queue<Consumer<DiscoveryListener>> queue = new ArrayDeque<>();

  /** Changes of state that did not fit into the queue, one for each registration. */
  private final Map<String, Change> missed = new LinkedHashMap<>();

  private final AtomicBoolean threw = new AtomicBoolean();
  private boolean delivering;
  private boolean behind;
  private long taken;
  private long delivered;

  /** Whether somebody has waited in vain since the last event was delivered. */
  private boolean slow;

  /** Tells on the thread of the caller. */
  public SafeListener(DiscoveryListener listener) {
    this(listener, Runnable::run);
  }

  /** Tells on one of some threads, which must take every task. */
  public SafeListener(DiscoveryListener listener, Executor threads) {
    this.listener = listener;
    this.threads = threads;
  }

  /** What runs other people's code. */
  public Executor threads() {
    return threads;
  }

  /** Tells of a change of state; if the queue is full, what has come of it is told in the end. */
  public void changed(String id, RegistrationState from, RegistrationState to) {
    synchronized (this) {
      if (queue.size() >= MAX_QUEUED) {
        missed.merge(
            id, new Change(from, to), (first, last) -> new Change(first.from(), last.to()));
      }
    }
    tell(told -> told.registrationChanged(id, from, to));
  }

  public void tell(Consumer<DiscoveryListener> event) {
    try {
      if (add(event)) {
        threads.execute(this::deliver);
      }
    } catch (OutOfMemoryError e) {
      // What is to be told must not end what is to be done.
    }
  }

  /** Returns whether somebody has to begin to deliver. */
  private synchronized boolean add(Consumer<DiscoveryListener> event) {
    if (queue.size() < MAX_QUEUED) {
      queue.add(event);
      taken++;
    } else if (!behind) {
      behind = true;
      log.warn(
          "The discovery listener {} is {} events behind: it is not told of more until it goes on",
          listener.getClass(),
          MAX_QUEUED);
    }
    boolean begin = !delivering;
    delivering = true;
    return begin;
  }

  private void deliver() {
    for (Consumer<DiscoveryListener> event = next(); event != null; event = next()) {
      try {
        event.accept(listener);
      } catch (Throwable e) {
        complain(e);
      }
      synchronized (this) {
        delivered++;
        slow = false;
        notifyAll();
      }
    }
  }

  private void complain(Throwable e) {
    try {
      if (!threw.getAndSet(true)) {
        log.warn("The discovery listener {} threw; said once only", listener.getClass(), e);
      }
    } catch (OutOfMemoryError again) {
      // Those behind it are told all the same.
    }
  }

  private synchronized @Nullable Consumer<DiscoveryListener> next() {
    Consumer<DiscoveryListener> next = queue.poll();
    if (next == null && !missed.isEmpty()) {
      Map.Entry<String, Change> first = missed.entrySet().iterator().next();
      String id = first.getKey();
      Change change = first.getValue();
      missed.remove(id);
      next = told -> told.registrationChanged(id, change.from(), change.to());
    }
    delivering = next != null;
    behind = behind && delivering;
    return next;
  }

  /**
   * Waits until all that happened before is delivered, so that who is called next knows no more
   * than the listener does. One that is busy for long is not waited for, and until it goes on, not
   * again.
   */
  public synchronized void awaitDelivered() {
    long all = taken;
    long began = Clock.system().nanoTime();
    while (delivered < all && !slow) {
      long left = PATIENCE.minus(Clock.system().since(began)).toMillis();
      slow = left <= 0;
      try {
        wait(Math.max(1, left));
      } catch (InterruptedException e) {
        return; // A listener did that; whom it hurts is the listener alone.
      }
    }
  }
}
