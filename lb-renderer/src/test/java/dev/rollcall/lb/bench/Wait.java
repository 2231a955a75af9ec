package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** Waiting, with an end to it. */
final class Wait {
  /** Enough for what only has to be done. */
  static final Duration SOON = Duration.ofSeconds(30);

  private Wait() {}

  /** What has to become so; what it throws counts as not yet. */
  interface Condition {
    boolean holds() throws Exception;
  }

  static void until(String what, Duration limit, Condition condition) throws IOException {
    try {
      Awaitility.await()
          .atMost(limit)
          .pollInterval(Duration.ofMillis(20))
          .ignoreExceptions()
          .until(condition::holds);
    } catch (ConditionTimeoutException e) {
      throw new IOException("not within " + limit.toSeconds() + " s: " + what, e);
    }
  }

  /** Until the site answers from some server. */
  static void forSite(InetSocketAddress address) throws IOException {
    try (Site site = new Site(address)) {
      until("the site answers", Duration.ofSeconds(60), () -> site.ask() > 0);
    }
  }

  /** Lets what happened come to rest: paces of watches, and HAProxy's checks. */
  static void rest(Duration time) throws InterruptedException {
    Thread.sleep(time.toMillis());
  }
}
