package dev.rollcall.discovery.internal;

import java.time.Duration;

/**
 * Limits how often a blocking query is asked, however often Consul wakes it: two at once, four more
 * with a short rest before each, so that a burst of changes is known soon after its end, and then
 * one for each refill, as Consul's notes on blocking queries advise. Not thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
 *     implementation details of blocking queries</a>
 */
final class TokenBucket {

  private static final int AT_ONCE = 2;
  private static final int BURST = 6;

  /** The part of a refill that is rested within a burst. */
  private static final int SHORT_REST = 10;

  private final long refillNanos;
  private long paidUntil;

  TokenBucket(Duration refill, long now) {
    refillNanos = refill.toNanos();
    paidUntil = now - BURST * refillNanos;
  }

  /** Takes a token and tells how long to wait until it may be used. */
  Duration take(long now) {
    long full = now - BURST * refillNanos;
    paidUntil = Math.max(paidUntil, full) + refillNanos;
    boolean atOnce = paidUntil - full <= AT_ONCE * refillNanos;
    long rest = atOnce ? 0 : refillNanos / SHORT_REST;
    return Duration.ofNanos(Math.max(rest, paidUntil - now));
  }
}
