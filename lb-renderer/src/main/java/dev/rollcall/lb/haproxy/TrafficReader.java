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
final class TrafficReader {
  static final Duration KEPT = Duration.ofMillis(900);

  private static final Duration LIMIT = Duration.ofSeconds(1);

  /** About 400 bytes each for a thousand servers. */
  private static final int MOST_ANSWER = 512 * 1024;

  private final MasterSocket socket;
  private final LongSupplier nanos;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile TrafficReport last = TrafficReport.NONE;
  private volatile long validUntil;

  TrafficReader(MasterSocket socket, LongSupplier nanos) {
    this.socket = socket;
    this.nanos = nanos;
    this.validUntil = nanos.getAsLong();
  }

  /** How HAProxy's servers are. Bounded in time; never throws because HAProxy is absent. */
  TrafficReport read() {
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

  private TrafficReport ask() {
    try {
      String answer = socket.ask(ShowStat.COMMAND, LIMIT, MOST_ANSWER);
      return ShowStat.parse(answer)
          .map(servers -> new TrafficReport(null, servers))
          .orElseGet(
              () -> problem("no statistics from HAProxy: " + HaproxyMessage.firstLine(answer)));
    } catch (IOException e) {
      return problem(HaproxyMessage.firstLine(String.valueOf(e.getMessage())));
    }
  }

  private static TrafficReport problem(String line) {
    return new TrafficReport(line, List.of());
  }
}
