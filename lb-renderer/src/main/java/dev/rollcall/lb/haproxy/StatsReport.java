package dev.rollcall.lb.haproxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statistics of HAProxy's servers. Immutable.
 *
 * @param problem one line if they could not be read; null if they could, or if there is no HAProxy
 * @param servers in HAProxy's order; the first 1000
 */
public record StatsReport(@Nullable String problem, List<ServerStats> servers) {
  /** If there is no HAProxy. */
  public static final StatsReport NONE = new StatsReport(null, List.of());

  /** Copies the list. */
  public StatsReport {
    servers = List.copyOf(servers);
  }

  /**
   * The statistics of one server. Immutable.
   *
   * @param backend that it belongs to
   * @param name in that backend
   * @param endpoint its address and port
   * @param state as HAProxy words it, such as {@code UP}, {@code DOWN 1/2} or {@code DRAIN}
   * @param check the last check's outcome, such as {@code L7OK}; empty if it isn't checked
   * @param weight its effective weight
   * @param rate sessions in the last second; one request each, over HTTP
   * @param current sessions now
   * @param total sessions since the worker started
   * @param errors failed connections, failed responses and answers of 5xx
   * @see <a href="https://docs.haproxy.org/3.2/management.html#9.1">Management guide, 9.1 CSV
   *     format</a>
   */
  public record ServerStats(
      String backend,
      String name,
      String endpoint,
      String state,
      String check,
      int weight,
      int rate,
      int current,
      long total,
      long errors) {}
}
