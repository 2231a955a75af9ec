package dev.rollcall.lb.status;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;

/** Holds the one {@link Status}. Thread-safe: whoever reads sees a whole one. */
public final class StatusBoard {
  private final List<BiConsumer<Status, Status>> listeners = new CopyOnWriteArrayList<>();
  private volatile Status status;

  /** Begins with a status. */
  public StatusBoard(Status first) {
    status = first;
  }

  /** What is so. */
  public Status read() {
    return status;
  }

  /** Replaces the status by what becomes of it. */
  public synchronized void update(UnaryOperator<Status> change) {
    Status before = status;
    Status now = change.apply(before);
    status = now;
    listeners.forEach(listener -> listener.accept(before, now));
  }

  /** Adds a quick listener that is told each update, the status before and the one after. */
  void onUpdate(BiConsumer<Status, Status> listener) {
    listeners.add(listener);
  }
}
