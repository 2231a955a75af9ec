package dev.rollcall.lb.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * HAProxy's servers as it last told of them. Immutable.
 *
 * @param problem why it can't be told; null if it is, or if there is no HAProxy to ask
 * @param servers the servers of all backends, a bounded number
 */
public record Traffic(@Nullable String problem, List<Server> servers) {
  /** Copies the list. */
  public Traffic {
    servers = List.copyOf(servers);
  }

  /**
   * A server.
   *
   * @param backend that it belongs to
   * @param name in that backend
   * @param endpoint its address and port, such as {@code 198.18.0.5:8080} or {@code [::1]:8080}
   * @param state as HAProxy words it, such as {@code UP}, {@code DOWN 1/2} or {@code DRAIN}
   * @param check the last check's outcome, such as {@code L7OK}; empty if it isn't checked
   * @param weight its effective share of the traffic
   * @param requestsPerSecond in the last second
   * @param current requests in flight
   * @param total requests since the worker started
   * @param errors connections and responses that failed, and answers of 5xx
   */
  public record Server(
      String backend,
      String name,
      String endpoint,
      String state,
      String check,
      int weight,
      int requestsPerSecond,
      int current,
      long total,
      long errors) {}
}
