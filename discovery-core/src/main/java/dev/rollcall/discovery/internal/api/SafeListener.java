package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.internal.concurrent.SystemClock;
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
 * the other, in order, on a thread that has nothing else to do. Who tells waits for nothing, and
 * nothing is thrown at it. Thread-safe.
 */
public final class SafeListener {

  private static final Logger log = LoggerFactory.getLogger(SafeListener.class);

  /** How many events may wait for a listener that is busy; what comes then is not told. */
  static final int MAX_QUEUED = 10_000;

  /** How long others are kept back for a listener that is busy. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final DiscoveryListener listener;
  private final Executor threads;
  private final Queue<Consumer<DiscoveryListener>> waiting = new ArrayDeque<>();

  /** Changes of state for which there was no place, one for each registration. */
  private final Map<String, Change> missed = new LinkedHashMap<>();

  private final AtomicBoolean threw = new AtomicBoolean();
  private boolean telling;
  private boolean behind;
  private long taken;
  private long told;

  /** Whether somebody has waited in vain since the last event was told. */
  private boolean slow;

  private record Change(RegistrationState from, RegistrationState to) {}

  /** Tells on the thread of whoever tells. */
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

  /**
   * Tells of a change of state. If there is no place for it, what has come of it in the end is told
   * when the listener has heard the rest.
   */
  public void changed(String id, RegistrationState from, RegistrationState to) {
    synchronized (this) {
      if (waiting.size() >= MAX_QUEUED) {
        missed.merge(
            id, new Change(from, to), (first, last) -> new Change(first.from(), last.to()));
      }
    }
    tell(told -> told.registrationChanged(id, from, to));
  }

  public void tell(Consumer<DiscoveryListener> event) {
    try {
      if (add(event)) {
        threads.execute(this::tellAll);
      }
    } catch (OutOfMemoryError e) {
      // What is to be told must not end what is to be done.
    }
  }

  /** Returns whether somebody has to begin to tell. */
  private synchronized boolean add(Consumer<DiscoveryListener> event) {
    if (waiting.size() < MAX_QUEUED) {
      waiting.add(event);
      taken++;
    } else if (!behind) {
      behind = true;
      log.warn(
          "The discovery listener {} is {} events behind: it is not told of more until it goes on",
          listener.getClass(),
          MAX_QUEUED);
    }
    boolean begin = !telling;
    telling = true;
    return begin;
  }

  private void tellAll() {
    for (Consumer<DiscoveryListener> event = next(); event != null; event = next()) {
      try {
        event.accept(listener);
      } catch (Throwable e) {
        // An Error too: it is the listener's, and must not end what the library does.
        complain(e);
      }
      wasTold();
    }
  }

  private synchronized void wasTold() {
    told++;
    slow = false;
    notifyAll();
  }

  /**
   * Waits until all that happened before is told, so that who is called next knows less than the
   * listener does. One that is busy for long is not waited for, and until it goes on, not again.
   */
  public synchronized void awaitDelivered() {
    long all = taken;
    long began = SystemClock.SYSTEM.nanoTime();
    while (told < all && !slow) {
      long left = PATIENCE.minus(SystemClock.SYSTEM.since(began)).toMillis();
      slow = left <= 0;
      try {
        wait(Math.max(1, left));
      } catch (InterruptedException e) {
        return; // A listener did that; whom it hurts is the listener alone.
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
    Consumer<DiscoveryListener> next = waiting.poll();
    if (next == null && !missed.isEmpty()) {
      Map.Entry<String, Change> first = missed.entrySet().iterator().next();
      String id = first.getKey();
      Change change = first.getValue();
      missed.remove(id);
      next = told -> told.registrationChanged(id, change.from(), change.to());
    }
    telling = next != null;
    behind = behind && telling;
    return next;
  }
}
