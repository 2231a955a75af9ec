package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Asks HAProxy for its servers' statistics, when somebody wants to know and at most once in {@link
 * #KEPT}. One thread at a time asks; the others get what was last told, so that however many look,
 * HAProxy answers one. Thread-safe.
 */
final class StatsReader {
  static final Duration KEPT = Duration.ofMillis(900);

  private static final Duration LIMIT = Duration.ofSeconds(1);

  /** About 400 bytes each for a thousand servers. */
  private static final int MOST_ANSWER = 512 * 1024;

  private final MasterSocket socket;
  private final LongSupplier nanos;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile StatsReport last = StatsReport.NONE;
  private volatile long validUntil;

  StatsReader(MasterSocket socket, LongSupplier nanos) {
    this.socket = socket;
    this.nanos = nanos;
    this.validUntil = nanos.getAsLong();
  }

  /** How HAProxy's servers are. Bounded in time; never throws because HAProxy is absent. */
  StatsReport read() {
    if (nanos.getAsLong() - validUntil >= 0 && asking.tryLock()) {
      try {
        last = ask();
        validUntil = nanos.getAsLong() + KEPT.toNanos();
      } finally {
        asking.unlock();
      }
    }
    return last;
  }

  private StatsReport ask() {
    try {
      String answer = socket.ask(ShowStat.COMMAND, LIMIT, MOST_ANSWER);
      return ShowStat.parse(answer)
          .map(servers -> new StatsReport(null, servers))
          .orElseGet(
              () -> problem("no statistics from HAProxy: " + HaproxyMessage.firstLine(answer)));
    } catch (IOException e) {
      return problem(HaproxyMessage.firstLine(String.valueOf(e.getMessage())));
    }
  }

  private static StatsReport problem(String line) {
    return new StatsReport(line, List.of());
  }
}
