package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.HaproxySocket.StalledReplyException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Reads the statistics of HAProxy's servers on demand, at most once in {@link #CACHED}. While one
 * thread reads, the others get the last report. Thread-safe.
 */
final class StatsReader {
  static final Duration CACHED = Duration.ofMillis(900);

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** About 400 bytes each for a thousand servers. */
  private static final int MAX_REPLY_BYTES = 512 * 1024;

  private final HaproxySocket socket;
  private final LongSupplier nanos;
  private final Runnable stalled;
  private final ReentrantLock asking = new ReentrantLock();
  private volatile StatsReport last = StatsReport.NONE;
  private volatile long validUntil;

  /**
   * Reads nothing yet.
   *
   * @param stalled is run when a reply stalled
   */
  StatsReader(HaproxySocket socket, LongSupplier nanos, Runnable stalled) {
    this.socket = socket;
    this.nanos = nanos;
    this.stalled = stalled;
    this.validUntil = nanos.getAsLong();
  }

  /** Bounded in time; an absent HAProxy is a problem in the report. */
  StatsReport read() {
    if (nanos.getAsLong() - validUntil >= 0 && asking.tryLock()) {
      try {
        last = ask();
        validUntil = nanos.getAsLong() + CACHED.toNanos();
      } finally {
        asking.unlock();
      }
    }
    return last;
  }

  private StatsReport ask() {
    String reply = "";
    try {
      reply = socket.ask("@1 " + ShowStat.COMMAND, TIMEOUT, MAX_REPLY_BYTES);
      if (reply.indexOf('\n') < 0) {
        throw new RuntimeApiException("not even a whole header");
      }
      return new StatsReport(null, ShowStat.parse(reply).servers());
    } catch (RuntimeApiException e) {
      return problem("no statistics from HAProxy: " + HaproxyMessage.firstLine(reply));
    } catch (IOException e) {
      if (e instanceof StalledReplyException) {
        stalled.run();
      }
      return problem(HaproxyMessage.firstLine(String.valueOf(e.getMessage())));
    }
  }

  private static StatsReport problem(String line) {
    return new StatsReport(line, List.of());
  }
}
