package dev.rollcall.discovery.internal;

import dev.rollcall.discovery.ConsulFailure;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once that something fails, once when it fails in another way, and once that it is over. Not
 * thread-safe.
 */
final class Outage {

  private static final Logger log = LoggerFactory.getLogger("dev.rollcall.discovery");

  private final String what;
  private final Clock clock;
  private ConsulFailure.@Nullable Kind kind;
  private long since;
  private int tries;

  Outage(String what, Clock clock) {
    this.what = what;
    this.clock = clock;
  }

  boolean isOn() {
    return kind != null;
  }

  /** A try failed; with what was thrown, if that was unexpected. */
  void failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    if (kind == null) {
      since = clock.nanoTime();
      tries = 0;
    }
    tries++;
    if (kind != failure.kind()) {
      kind = failure.kind();
      log.warn("{}: {}; trying on", what, failure, unexpected);
    }
  }

  void over() {
    if (kind != null) {
      kind = null;
      log.info("{}: well again after {} s, {} tries", what, clock.since(since).toSeconds(), tries);
    }
  }
}
