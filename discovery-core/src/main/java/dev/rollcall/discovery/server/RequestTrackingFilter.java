package dev.rollcall.discovery.server;

import dev.rollcall.discovery.RequestTracker;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;

/**
 * Counts the requests of users until they are complete, on whatever thread that is. Declare it as
 * supporting asynchronous requests, before all other filters.
 *
 * <p>This type is thread-safe.
 */
public final class RequestTrackingFilter implements Filter {

  private final RequestTracker tracker;
  private final Predicate<String> isHealthCheck;

  /**
   * A filter that counts in a tracker.
   *
   * @param tracker counts
   * @param isHealthCheck whether a path, such as {@code /health}, is that of a health check, a
   *     metrics scrape or the like: these never cease, and are not counted. The path is decoded and
   *     without the context's path
   */
  public RequestTrackingFilter(RequestTracker tracker, Predicate<String> isHealthCheck) {
    this.tracker = tracker;
    this.isHealthCheck = isHealthCheck;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    // The other dispatches are of requests that are counted already.
    if (request.getDispatcherType() != DispatcherType.REQUEST
        || (request instanceof HttpServletRequest http && isHealthCheck.test(path(http)))) {
      chain.doFilter(request, response);
      return;
    }
    Completion completion = new Completion();
    tracker.requestStarted();
    try {
      chain.doFilter(request, response);
    } finally {
      if (request.isAsyncStarted()) {
        completion.await(request);
      } else {
        completion.complete();
      }
    }
  }

  private static String path(HttpServletRequest request) {
    String info = request.getPathInfo();
    return request.getServletPath() + (info == null ? "" : info);
  }

  /** The end of one request, which is told once. */
  private final class Completion implements AsyncListener {

    private final AtomicBoolean completed = new AtomicBoolean();

    void await(ServletRequest request) {
      try {
        request.getAsyncContext().addListener(this);
      } catch (IllegalStateException e) {
        complete(); // It was completed in this moment.
      }
    }

    void complete() {
      if (!completed.getAndSet(true)) {
        tracker.requestFinished();
      }
    }

    @Override
    public void onComplete(AsyncEvent event) {
      complete();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      // A dispatched request has become asynchronous again, without its listeners.
      event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // The container completes it then.
    }

    @Override
    public void onError(AsyncEvent event) {
      // The container completes it then.
    }
  }
}
