package dev.rollcall.discovery.internal.watch;

import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * One query that has no connection of its own: when it is to be asked next, and how long ago it was
 * certain, without asking, that its last answer still holds. Thread-safe.
 */
final class PollSchedule {

  private final Optional<String> service;
  private final Clock clock;
  private CountDownLatch stirred = new CountDownLatch(1);
  private long askedAt;
  private long dueAt;
  private long owedAt;
  private long vouchedAt;

  /** Whether its last answer may be out of date. */
  private boolean owed = true;

  /** Whether it is owed for something that may have been of others alone. */
  private boolean perhaps;

  private boolean asking;
  private boolean vouched;
  private boolean closed;

  /**
   * A query that was never asked.
   *
   * @param service the service whose instances it asks for; empty if it asks for all names
   */
  PollSchedule(Optional<String> service, Clock clock) {
    this.service = service.map(name -> name.toLowerCase(Locale.ROOT));
    this.clock = clock;
    askedAt = clock.nanoTime();
    dueAt = askedAt;
    owedAt = askedAt;
  }

  /** The service in lower case, as in {@link CheckHashes}. */
  Optional<String> service() {
    return service;
  }

  /** Waits until it is to be asked. Returns false if it was closed. */
  boolean await() throws InterruptedException {
    while (true) {
      CountDownLatch stir;
      Duration left;
      synchronized (this) {
        left = Duration.ofNanos(dueAt - clock.nanoTime());
        if (closed || left.isNegative() || left.isZero()) {
          return !closed;
        }
        stirred = new CountDownLatch(1);
        stir = stirred;
      }
      clock.await(stir, left);
    }
  }

  /** When it is to be asked. */
  synchronized long dueAt() {
    return dueAt;
  }

  /** It is being asked, and need not be again for some time. */
  synchronized void asks(Duration rest) {
    askedAt = clock.nanoTime();
    dueAt = askedAt + rest.toNanos();
    asking = true;
    owed = false;
    perhaps = false;
  }

  /** What came of it. */
  synchronized void answered(boolean usable) {
    asking = false;
    if (!usable) {
      owe();
    }
  }

  /** What it asks for has changed. */
  synchronized void ring() {
    owe();
    hasten(clock.nanoTime());
  }

  /**
   * What it asks for may have changed, as what all others ask for.
   *
   * @param apart how long after it was asked before
   * @param spread how much later than that, and than now
   */
  synchronized void ringLater(Duration apart, Duration spread) {
    owe();
    hasten(Math.max(clock.nanoTime(), askedAt + apart.toNanos()) + spread.toNanos());
  }

  /** As {@link #ringLater}, as long as nothing tells that it was another; then {@link #calm}. */
  synchronized void ringPerhaps(Duration apart, Duration spread) {
    boolean before = perhaps || !owed;
    ringLater(apart, spread);
    perhaps = before;
  }

  /** It was another, or that one too: if this one was rung perhaps, later will do. */
  synchronized void calm(Duration apart, Duration spread) {
    if (perhaps) {
      long at = Math.max(owedAt, askedAt + apart.toNanos()) + spread.toNanos();
      dueAt = Math.max(dueAt, at);
    }
  }

  private void owe() {
    if (!owed) {
      owedAt = clock.nanoTime();
    }
    owed = true;
    perhaps = false;
  }

  private void hasten(long at) {
    if (at < dueAt) {
      dueAt = at;
      stirred.countDown();
    }
  }

  /** At some moment nothing had changed that it has not been told of. */
  synchronized void vouch(long at) {
    if (!owed && !asking) {
      vouched = true;
      vouchedAt = at;
    }
  }

  /** How long ago that was; empty if it never was. */
  synchronized Optional<Duration> vouched() {
    return vouched ? Optional.of(clock.since(vouchedAt)) : Optional.empty();
  }

  /** Ends a wait. Idempotent. */
  synchronized void close() {
    closed = true;
    stirred.countDown();
  }
}
