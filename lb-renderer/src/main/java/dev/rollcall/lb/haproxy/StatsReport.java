package dev.rollcall.lb.haproxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How HAProxy's servers were when it was last asked. Immutable.
 *
 * @param problem one line if HAProxy did not tell; null if it did, or if there is none to ask
 * @param servers in HAProxy's order; the first 1000
 */
public record StatsReport(@Nullable String problem, List<ServerStats> servers) {
  /** Of no HAProxy. */
  public static final StatsReport NONE = new StatsReport(null, List.of());

  /** Copies the list. */
  public StatsReport {
    servers = List.copyOf(servers);
  }
}
