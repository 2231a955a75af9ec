package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.RequestTracker;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;

/** Counts the requests of users until they are complete, on whatever thread that is. */
final class RequestTrackingFilter implements Filter {

  /** Health checks and scrapes: no traffic, as they never cease. */
  private static final String MANAGEMENT = "/actuator/";

  private final RequestTracker traffic;

  RequestTrackingFilter(RequestTracker traffic) {
    this.traffic = traffic;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (((HttpServletRequest) request).getRequestURI().startsWith(MANAGEMENT)) {
      chain.doFilter(request, response);
      return;
    }
    traffic.requestStarted();
    try {
      chain.doFilter(request, response);
    } finally {
      if (request.isAsyncStarted()) {
        request.getAsyncContext().addListener(new Ending());
      } else {
        traffic.requestFinished();
      }
    }
  }

  /** For a request whose answer comes later: a DeferredResult, a CompletableFuture, a stream. */
  private final class Ending implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      traffic.requestFinished();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // It is completed after that.
    }

    @Override
    public void onError(AsyncEvent event) {
      // It is completed after that.
    }
  }
}
