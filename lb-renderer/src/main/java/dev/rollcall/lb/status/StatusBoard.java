package dev.rollcall.lb.status;

import java.util.function.UnaryOperator;

/** Holds the one {@link Status}. Thread-safe: whoever reads sees a whole one. */
public final class StatusBoard {
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
    status = change.apply(status);
  }
}
