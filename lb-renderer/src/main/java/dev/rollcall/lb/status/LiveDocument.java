package dev.rollcall.lb.status;

import dev.rollcall.lb.haproxy.ServerStats;
import dev.rollcall.lb.haproxy.StatsReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shape of {@code /live}: the status with its last changes alone, and HAProxy's servers.
 * Immutable.
 *
 * @param trafficProblem why HAProxy's servers are not there; null if they are, or can't be
 * @param servers HAProxy's servers, each with the endpoint by which it belongs to an instance
 */
record LiveDocument(
    StatusDocument status, @Nullable String trafficProblem, List<ServerStats> servers) {
  /** As many changes as the page shows. */
  static final int CHANGES = 40;

  static LiveDocument of(StatusDocument status, StatsReport traffic) {
    return new LiveDocument(status, traffic.problem(), traffic.servers());
  }
}
