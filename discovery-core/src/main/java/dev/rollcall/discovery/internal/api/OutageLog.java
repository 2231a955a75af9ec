package dev.rollcall.discovery.internal.api;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once that something fails, once for each other way in which it fails, and once that it is
 * over. Not thread-safe.
 */
public final class OutageLog {

  private static final Logger log = LoggerFactory.getLogger(OutageLog.class);

  private final String what;
  private final Clock clock;
  private final Set<ConsulFailure.Kind> said = EnumSet.noneOf(ConsulFailure.Kind.class);
  private long since;
  private int tries;

  public OutageLog(String what, Clock clock) {
    this.what = what;
    this.clock = clock;
  }

  public boolean isOn() {
    return !said.isEmpty();
  }

  /** A try failed; with what was thrown, if that was unexpected. */
  public void failed(ConsulFailure failure, @Nullable Throwable unexpected) {
    if (!isOn()) {
      since = clock.nanoTime();
      tries = 0;
    }
    tries++;
    if (said.add(failure.kind())) {
      log.warn("{}: {}; trying on", what, failure, unexpected);
    }
  }

  public void over() {
    if (isOn()) {
      said.clear();
      log.info("{}: well again after {} s, {} tries", what, clock.since(since).toSeconds(), tries);
    }
  }
}
