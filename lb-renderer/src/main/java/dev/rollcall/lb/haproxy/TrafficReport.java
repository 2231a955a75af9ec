package dev.rollcall.lb.haproxy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How HAProxy's servers were when it was last asked. Immutable.
 *
 * @param problem one line if HAProxy did not tell; null if it did, or if there is none to ask
 * @param servers in HAProxy's order; the first 1000
 */
public record TrafficReport(@Nullable String problem, List<ServerTraffic> servers) {
  /** Of no HAProxy. */
  public static final TrafficReport NONE = new TrafficReport(null, List.of());

  /** Copies the list. */
  public TrafficReport {
    servers = List.copyOf(servers);
  }
}
