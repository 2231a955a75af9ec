package dev.rollcall.discovery.internal;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the latest snapshot until its listener has time for it, and calls the listener, never twice
 * at once. Thread-safe.
 *
 * @param <S> the snapshots
 */
final class Mailbox<S> {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final String topic;
  private final Consumer<? super S> listener;
  private final Executor threads;
  private @Nullable S latest;
  private boolean delivering;
  private boolean closed;

  Mailbox(String topic, Consumer<? super S> listener, Executor threads) {
    this.topic = topic;
    this.listener = listener;
    this.threads = threads;
  }

  void offer(S snapshot) {
    synchronized (this) {
      latest = snapshot;
      if (delivering || closed) {
        return;
      }
      delivering = true;
    }
    threads.execute(this::deliver);
  }

  synchronized void close() {
    closed = true;
  }

  private void deliver() {
    for (S snapshot = take(); snapshot != null; snapshot = take()) {
      try {
        listener.accept(snapshot);
      } catch (RuntimeException | Error e) {
        log.warn("A listener of the watch of {} threw", topic, e);
      }
    }
  }

  private synchronized @Nullable S take() {
    S next = closed ? null : latest;
    latest = null;
    delivering = next != null;
    return next;
  }
}
