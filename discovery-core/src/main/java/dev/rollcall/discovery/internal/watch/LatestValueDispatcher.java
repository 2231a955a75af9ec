package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.concurrent.Backoff;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the latest snapshot until its listener has time for it, and calls the listener, never twice
 * at once. What the listener threw on it is told again, after pauses that grow, until it returns or
 * there is a later snapshot. Thread-safe.
 *
 * @param <S> the snapshots
 */
final class LatestValueDispatcher<S> {

  private static final Logger log = LoggerFactory.getLogger(LatestValueDispatcher.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final String watch;
  private final Consumer<? super S> listener;
  private final Executor threads;
  private final RuntimeContext context;
  private final Backoff backoff;
  private @Nullable S latest;

  /** Whether a thread was asked for, and has not ended yet. */
  private boolean delivering;

  /** Whether it has begun. */
  private boolean busy;

  /** Whether the latest snapshot is one that the listener threw on. */
  private boolean retrying;

  private boolean closed;

  /**
   * One that holds nothing.
   *
   * @param threads runs the listener; must take every task
   */
  LatestValueDispatcher(
      String watch, Consumer<? super S> listener, Executor threads, RuntimeContext context) {
    this.watch = watch;
    this.listener = listener;
    this.threads = threads;
    this.context = context;
    backoff = new Backoff(LONGEST_PAUSE, context.random());
  }

  void offer(S snapshot) {
    synchronized (this) {
      latest = snapshot;
      retrying = false;
    }
    deliverSoon();
  }

  synchronized void close() {
    closed = true;
  }

  private void deliverSoon() {
    synchronized (this) {
      if (delivering || closed || latest == null) {
        return;
      }
      delivering = true;
    }
    threads.execute(this::deliver);
  }

  private void deliver() {
    for (S snapshot = begin(); snapshot != null; snapshot = take()) {
      boolean before = isRetrying();
      @Nullable Throwable thrown = call(snapshot);
      if (thrown != null) {
        retryLater(snapshot);
        logThrown(thrown, before);
        return;
      }
      backoff.reset();
    }
  }

  private @Nullable Throwable call(S snapshot) {
    try {
      context.listener().awaitDelivered();
      listener.accept(snapshot);
      return null;
    } catch (Throwable e) {
      return e;
    } finally {
      // An interrupt that a listener leaves behind is none of the next one's.
      Thread.interrupted();
    }
  }

  private void logThrown(Throwable thrown, boolean before) {
    if (before) {
      log.debug("A listener of the watch of {} threw again: {}", watch, thrown.toString());
    } else {
      log.warn("A listener of the watch of {} threw; it is told again", watch, thrown);
    }
  }

  private synchronized boolean isRetrying() {
    return retrying;
  }

  /** Nothing if another thread has begun already. */
  private synchronized @Nullable S begin() {
    if (busy) {
      return null;
    }
    busy = true;
    return take();
  }

  private synchronized @Nullable S take() {
    S next = closed ? null : latest;
    latest = null;
    delivering = next != null;
    busy = delivering;
    return next;
  }

  /** What comes meanwhile is told at once. */
  private void retryLater(S snapshot) {
    boolean later;
    synchronized (this) {
      later = latest != null;
      if (!later) {
        latest = snapshot;
        retrying = true;
      }
      delivering = false;
      busy = false;
    }
    if (later) {
      deliverSoon();
    } else {
      context.scheduler().schedule(backoff.next(), this::deliverSoon);
    }
  }
}
