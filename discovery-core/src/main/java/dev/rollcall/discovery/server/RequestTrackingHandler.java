package dev.rollcall.discovery.server;

import dev.rollcall.discovery.RequestTracker;
import java.util.function.Predicate;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Counts the requests of users until they are complete, in Jetty 12: {@code
 * server.insertHandler(new RequestTrackingHandler(tracker, "/health"::equals))}.
 *
 * <p>This type is thread-safe.
 */
public final class RequestTrackingHandler extends Handler.Wrapper {

  private final RequestTracker tracker;
  private final Predicate<String> isHealthCheck;

  /**
   * A handler that counts in a tracker.
   *
   * @param tracker counts
   * @param isHealthCheck whether a path, such as {@code /health}, is that of a health check, a
   *     metrics scrape or the like: these never cease, and are not counted
   */
  public RequestTrackingHandler(RequestTracker tracker, Predicate<String> isHealthCheck) {
    this.tracker = tracker;
    this.isHealthCheck = isHealthCheck;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!isHealthCheck.test(Request.getPathInContext(request))) {
      tracker.requestStarted();
      Request.addCompletionListener(request, failure -> tracker.requestFinished());
    }
    return super.handle(request, response, callback);
  }
}
