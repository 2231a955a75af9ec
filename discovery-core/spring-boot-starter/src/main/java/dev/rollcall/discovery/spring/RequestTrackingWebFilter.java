package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.RequestTracker;
import java.util.function.Predicate;
import org.springframework.core.Ordered;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Counts the requests of users to a reactive server until they are complete, have failed or the
 * client has gone.
 *
 * <p>Thread-safe.
 */
final class RequestTrackingWebFilter implements WebFilter, Ordered {

  private final RequestTracker tracker;
  private final Predicate<String> isHealthCheck;

  RequestTrackingWebFilter(RequestTracker tracker, Predicate<String> isHealthCheck) {
    this.tracker = tracker;
    this.isHealthCheck = isHealthCheck;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    if (isHealthCheck.test(exchange.getRequest().getPath().pathWithinApplication().value())) {
      return chain.filter(exchange);
    }
    return Mono.defer(
        () -> {
          tracker.requestStarted();
          return chain.filter(exchange).doFinally(signal -> tracker.requestFinished());
        });
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }
}
