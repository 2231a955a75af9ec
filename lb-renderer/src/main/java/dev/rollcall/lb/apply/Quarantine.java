package dev.rollcall.lb.apply;

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
final class Quarantine {

  private static final int CHANCES = 2;
  static final Duration TERM = Duration.ofMinutes(5);

  private final InstantSource clock;
  private @Nullable HaproxyConfig shape;
  private int times;
  private Instant since = Instant.EPOCH;

  Quarantine(InstantSource clock) {
    this.clock = clock;
  }

  /** Whether it should not be tried now. */
  boolean holds(HaproxyConfig config) {
    return times >= CHANCES
        && config.withoutServers().equals(shape)
        && clock.instant().isBefore(since.plus(TERM));
  }

  /**
   * Notes that HAProxy did not survive it.
   *
   * @return whether it is worth another try at once when HAProxy is back
   */
  boolean broken(HaproxyConfig config) {
    HaproxyConfig now = config.withoutServers();
    times = now.equals(shape) ? times + 1 : 1;
    shape = now;
    since = clock.instant();
    return times < CHANCES;
  }

  /** Notes that HAProxy serves from it. */
  void passed() {
    times = 0;
    shape = null;
  }
}
