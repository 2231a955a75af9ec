package dev.rollcall.discovery.internal;

import java.time.Duration;

/**
 * Limits how often a blocking query is asked, however often Consul wakes it: a burst of two, then
 * one for each refill, as Consul's notes on blocking queries advise. Not thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
 *     implementation details of blocking queries</a>
 */
final class TokenBucket {

  private static final int BURST = 2;

  private final long refillNanos;
  private long paidUntil;

  TokenBucket(Duration refill, long now) {
    refillNanos = refill.toNanos();
    paidUntil = now - BURST * refillNanos;
  }

  /** Takes a token and tells how long to wait until it may be used. */
  Duration take(long now) {
    paidUntil = Math.max(paidUntil, now - BURST * refillNanos) + refillNanos;
    return Duration.ofNanos(Math.max(0, paidUntil - now));
  }
}
