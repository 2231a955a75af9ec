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
 * at once. If the listener throws, it gets the snapshot again with exponential back-off, until it
 * returns or there is a later snapshot. Thread-safe.
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

  /** Whether the latest snapshot is one that the listener threw on. */
  private boolean retrying;

  /** Whether the listener is being called. */
  private boolean busy;

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
    boolean due;
    synchronized (this) {
      due = latest != null && !busy && !closed;
    }
    if (due) {
      threads.execute(this::deliver);
    }
  }

  private void deliver() {
    S snapshot;
    boolean again;
    synchronized (this) {
      snapshot = latest;
      if (snapshot == null || busy || closed) {
        return;
      }
      latest = null;
      busy = true;
      again = retrying;
    }
    @Nullable Throwable thrown = call(snapshot);
    Duration pause = Duration.ZERO;
    synchronized (this) {
      busy = false;
      if (thrown == null) {
        backoff.reset();
      } else if (latest == null) {
        latest = snapshot;
        retrying = true;
        pause = backoff.next();
      }
    }
    if (thrown != null && again) {
      log.debug("A listener of the watch of {} threw again: {}", watch, thrown.toString());
    } else if (thrown != null) {
      log.warn("A listener of the watch of {} threw; it is told again", watch, thrown);
    }
    if (pause.isZero()) {
      deliverSoon();
    } else {
      context.scheduler().schedule(pause, this::deliverSoon);
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
}
