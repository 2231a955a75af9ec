package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.SnapshotListener;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the latest snapshot until its listener has time for it, and calls the listener, never twice
 * at once. Thread-safe.
 */
final class Mailbox {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final SnapshotListener listener;
  private final Executor threads;
  private @Nullable Snapshot latest;
  private boolean delivering;
  private boolean closed;

  Mailbox(SnapshotListener listener, Executor threads) {
    this.listener = listener;
    this.threads = threads;
  }

  void offer(Snapshot snapshot) {
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
    for (Snapshot snapshot = take(); snapshot != null; snapshot = take()) {
      try {
        listener.onSnapshot(snapshot);
      } catch (RuntimeException | Error e) {
        log.warn("A listener of the watch of {} threw", snapshot.query().service(), e);
      }
    }
  }

  private synchronized @Nullable Snapshot take() {
    Snapshot next = closed ? null : latest;
    latest = null;
    delivering = next != null;
    return next;
  }
}
