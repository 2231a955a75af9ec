package dev.rollcall.lb.status;

import dev.rollcall.lb.consul.Catalog;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is asked for when it is shown, as it changes without an event. Immutable.
 *
 * @param reconciling whether the reconciler's thread lives
 * @param watches how old what is known of each service is
 * @param haproxy what was last seen of HAProxy
 */
public record RuntimeStatus(
    boolean reconciling, Map<String, Catalog.WatchStatus> watches, Haproxy haproxy) {
  /**
   * HAProxy as it was last seen. Immutable. The components are field names of {@code /status}.
   *
   * @param mode {@code attached}, {@code child} or {@code file-only}
   * @param running whether a worker serves
   * @param version as HAProxy tells it; null if unknown
   * @param workerPid the process id of the worker that serves, in HAProxy's own namespace; 0 if
   *     unknown
   * @param uptimeSeconds of the master; 0 if unknown
   * @param reloads since the master started
   * @param oldWorkers workers that finish what they serve
   * @param problem what is wrong; null if nothing is
   * @param orders what operators set by hand at HAProxy's socket
   * @param doubts servers that joined at run time and never came up, each in a sentence
   */
  public record Haproxy(
      String mode,
      boolean running,
      @Nullable String version,
      long workerPid,
      double uptimeSeconds,
      int reloads,
      int oldWorkers,
      @Nullable String problem,
      List<OperatorOrder> orders,
      List<String> doubts) {
    /** Copies the lists. */
    public Haproxy {
      orders = List.copyOf(orders);
      doubts = List.copyOf(doubts);
    }
  }

  /**
   * What was set at a server by hand: left alone for as long as it stands.
   *
   * @param server as {@code backend/server}
   * @param order such as {@code maint and weight 3}
   * @param ageSeconds for how long it has stood, as far as that is known
   */
  public record OperatorOrder(String server, String order, double ageSeconds) {}
}
