package dev.rollcall.lb.status;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/** Holds the one {@link Status}. Thread-safe: whoever reads sees a whole one. */
public final class StatusBoard {
  private final AtomicReference<Status> status;

  /** Begins with a status. */
  public StatusBoard(Status first) {
    status = new AtomicReference<>(first);
  }

  /** What is so. */
  public Status read() {
    return status.get();
  }

  /** Replaces the status by what becomes of it; the function may be called again, so it must have no effect. */
  public void update(UnaryOperator<Status> change) {
    status.updateAndGet(change);
  }
}
