package dev.rollcall.discovery.internal.watch;

import java.util.OptionalLong;

/**
 * The index to send with the next blocking query. Consul's indexes are unsigned; one that goes
 * backwards, or an outage in which Consul may have lost its data, starts anew without an index;
 * zero would not block, so it counts as one. Not thread-safe.
 *
 * @see <a href="https://developer.hashicorp.com/consul/api-docs/features/blocking">Consul's
 *     implementation details of blocking queries</a>
 */
final class WatchIndex {

  private long last;

  /** The index to wait for a change of; empty to be answered at once. */
  OptionalLong next() {
    return last == 0 ? OptionalLong.empty() : OptionalLong.of(last);
  }

  /** Whether an answer with this index would be of an earlier state than the last one. */
  boolean wouldGoBack(long index) {
    return Long.compareUnsigned(index, last) < 0;
  }

  /** Consul answered with this index. Returns whether that went backwards. */
  boolean answered(long index) {
    boolean backwards = wouldGoBack(index);
    last = backwards ? 0 : index == 0 ? 1 : index;
    return backwards;
  }

  /** What was learnt may hold no longer. */
  void reset() {
    last = 0;
  }
}
