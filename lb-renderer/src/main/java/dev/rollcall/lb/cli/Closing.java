package dev.rollcall.lb.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was opened, to be closed in the opposite order, each part whatever becomes of the others.
 * Thread-safe.
 */
final class Closing implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Closing.class);

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private boolean closed;

  /** Takes care of a part; one that comes too late is closed at once. */
  synchronized <T extends AutoCloseable> T of(T part) {
    if (closed) {
      close(part);
    } else {
      open.push(part);
    }
    return part;
  }

  /** Closes all parts. Idempotent; a second caller waits for the first. */
  @Override
  public synchronized void close() {
    closed = true;
    while (!open.isEmpty()) {
      close(open.pop());
    }
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception | Error e) {
      log.warn("Closing {} failed", part.getClass().getSimpleName(), e);
    }
  }
}
