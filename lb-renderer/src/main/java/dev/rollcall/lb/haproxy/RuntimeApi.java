package dev.rollcall.lb.haproxy;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where HAProxy's Runtime API is. Immutable and thread-safe; nothing is connected until {@link
 * #open}.
 *
 * @param socket path of the Unix domain socket
 * @param prefix put before each command: empty for a worker's own socket, {@code "@1 "} for the
 *     current worker by way of its master
 * @param timeout for the connection, and again for each reply
 * @param longestReply in bytes; a longer one ends the session
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3">Management guide, 9.3</a>
 */
public record RuntimeApi(Path socket, String prefix, Duration timeout, int longestReply) {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /** Ten times what HAProxy tells of 5000 servers in a table of statistics. */
  private static final int LONGEST_REPLY = 16 << 20;

  /** Checks the figures. */
  public RuntimeApi {
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("no time-out: " + timeout);
    }
    if (longestReply < 1) {
      throw new IllegalArgumentException("no length of a reply: " + longestReply);
    }
  }

  /** A worker's own socket ({@code stats socket PATH level admin}). */
  public static RuntimeApi ofWorker(Path statsSocket) {
    return new RuntimeApi(statsSocket, "", TIMEOUT, LONGEST_REPLY);
  }

  /** The current worker, by way of the master's socket ({@code haproxy -S PATH}). */
  public static RuntimeApi throughMaster(Path masterSocket) {
    return new RuntimeApi(masterSocket, "@1 ", TIMEOUT, LONGEST_REPLY);
  }

  /** The same with another time-out. */
  public RuntimeApi within(Duration other) {
    return new RuntimeApi(socket, prefix, other, longestReply);
  }

  /**
   * Begins a conversation.
   *
   * @throws RuntimeApiException when nobody answers there like HAProxy, in time
   */
  public RuntimeSession open() throws RuntimeApiException {
    return SocketSession.open(this);
  }
}
