package dev.rollcall.discovery.server;

import dev.rollcall.discovery.RequestTracker;
import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;
import java.util.function.Predicate;

/**
 * Counts the requests of users until they are complete, in Javalin 7: {@code
 * config.registerPlugin(new RequestTrackingPlugin(tracker, "/health"::equals))}.
 */
public final class RequestTrackingPlugin extends Plugin<Void> {

  private final RequestTracker tracker;
  private final Predicate<String> isHealthCheck;

  /**
   * A plugin that counts in a tracker.
   *
   * @param tracker counts
   * @param isHealthCheck as in {@link RequestTrackingHandler#RequestTrackingHandler}
   */
  public RequestTrackingPlugin(RequestTracker tracker, Predicate<String> isHealthCheck) {
    this.tracker = tracker;
    this.isHealthCheck = isHealthCheck;
  }

  @Override
  public void onInitialize(JavalinState state) {
    state.jetty.modifyServer(
        server -> server.insertHandler(new RequestTrackingHandler(tracker, isHealthCheck)));
  }
}
