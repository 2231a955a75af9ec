package dev.rollcall.lb.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shape of {@code /live}: the status with its last changes alone, and HAProxy's view of each
 * instance. Immutable.
 *
 * @param trafficProblem why HAProxy's view is not there; null if it is, or can't be
 * @param servers HAProxy's servers, each with the endpoint by which it belongs to an instance
 */
record LiveDocument(
    StatusDocument status, @Nullable String trafficProblem, List<Traffic.Server> servers) {
  private static final int MOST_CHANGES = 40;

  static LiveDocument of(StatusDocument status, Traffic traffic) {
    return new LiveDocument(status.recent(MOST_CHANGES), traffic.problem(), traffic.servers());
  }
}
