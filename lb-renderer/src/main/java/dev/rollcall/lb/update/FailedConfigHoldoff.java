package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a configuration that HAProxy did not survive from being applied again and again. Once may
 * be a coincidence; after the second time it is held off, whatever its servers.
 */
final class FailedConfigHoldoff {

  private static final int ATTEMPTS = 2;
  static final Duration HOLDOFF = Duration.ofMinutes(5);

  private final InstantSource clock;
  private @Nullable HaproxyConfig failedConfig;
  private int failures;
  private Instant since = Instant.EPOCH;

  FailedConfigHoldoff(InstantSource clock) {
    this.clock = clock;
  }

  /** Whether it must not be applied now. */
  boolean isHeldOff(HaproxyConfig config) {
    return failures >= ATTEMPTS
        && config.withoutServers().equals(failedConfig)
        && clock.instant().isBefore(since.plus(HOLDOFF));
  }

  /**
   * HAProxy did not survive it.
   *
   * @return whether it may be applied again when HAProxy is back
   */
  boolean recordFailure(HaproxyConfig config) {
    HaproxyConfig now = config.withoutServers();
    failures = now.equals(failedConfig) ? failures + 1 : 1;
    failedConfig = now;
    since = clock.instant();
    return failures < ATTEMPTS;
  }

  /** HAProxy serves from it. */
  void clear() {
    failures = 0;
    failedConfig = null;
  }
}
