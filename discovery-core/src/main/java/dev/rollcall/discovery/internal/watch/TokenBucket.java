package dev.rollcall.discovery.internal.watch;

import java.time.Duration;

/**
 * Limits how often a blocking query is asked, however often Consul wakes it: six times with rests
 * between that grow, so that a burst of changes is known soon after its end, and then once for each
 * refill, as Consul's notes on blocking queries advise. Not thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
 *     implementation details of blocking queries</a>
 */
final class TokenBucket {

  private static final int FULL = 6;

  private final long refillNanos;
  private long paidUntil;

  TokenBucket(Duration refill, long now) {
    refillNanos = refill.toNanos();
    paidUntil = now - FULL * refillNanos;
  }

  /** Takes a token and tells how long to wait until it may be used. */
  Duration take(long now) {
    paidUntil = Math.max(paidUntil, now - FULL * refillNanos) + refillNanos;
    double left = (now - paidUntil) / (double) refillNanos;
    // The fewer are left, the longer: a tenth of a refill at first, all of it at last.
    long rest = Math.round(refillNanos / (2 * Math.max(left, 0.5)));
    return Duration.ofNanos(Math.max(rest, paidUntil - now));
  }
}
