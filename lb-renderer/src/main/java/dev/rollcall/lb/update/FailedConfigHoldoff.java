package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a configuration that HAProxy did not survive from being tried over and over. Once may be
 * chance, as when somebody restarted HAProxy just then; what broke it twice, servers aside, is
 * tried again only now and then.
 */
final class FailedConfigHoldoff {

  private static final int CHANCES = 2;
  static final Duration HOLDOFF = Duration.ofMinutes(5);

  private final InstantSource clock;
  private @Nullable HaproxyConfig failedConfig;
  private int failures;
  private Instant since = Instant.EPOCH;

  FailedConfigHoldoff(InstantSource clock) {
    this.clock = clock;
  }

  /** Whether it should not be tried now. */
  boolean isHeldOff(HaproxyConfig config) {
    return failures >= CHANCES
        && config.withoutServers().equals(failedConfig)
        && clock.instant().isBefore(since.plus(HOLDOFF));
  }

  /**
   * Notes that HAProxy did not survive it.
   *
   * @return whether it is worth another try at once when HAProxy is back
   */
  boolean recordFailure(HaproxyConfig config) {
    HaproxyConfig now = config.withoutServers();
    failures = now.equals(failedConfig) ? failures + 1 : 1;
    failedConfig = now;
    since = clock.instant();
    return failures < CHANCES;
  }

  /** Notes that HAProxy serves from it. */
  void clear() {
    failures = 0;
    failedConfig = null;
  }
}
