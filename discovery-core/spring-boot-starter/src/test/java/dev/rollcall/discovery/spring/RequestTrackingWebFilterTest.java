package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.RequestTracker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class RequestTrackingWebFilterTest {

  private final RequestTracker tracker = new RequestTracker();
  private final Sinks.Empty<Void> response = Sinks.empty();
  private final RequestTrackingWebFilter filter =
      new RequestTrackingWebFilter(tracker, new IgnoredPaths(List.of("/actuator")));

  private Mono<Void> request(String path) {
    MockServerWebExchange exchange =
        MockServerWebExchange.from(MockServerHttpRequest.get(path).build());
    return filter.filter(exchange, ignored -> response.asMono());
  }

  @Test
  void countsARequestUntilItIsComplete() {
    request("/orders").subscribe();
    assertThat(tracker.inFlight()).isEqualTo(1);
    response.tryEmitEmpty().orThrow();
    assertThat(tracker.inFlight()).isZero();
  }

  @Test
  void countsARequestUntilItHasFailed() {
    request("/orders").onErrorComplete().subscribe();
    response.tryEmitError(new IllegalStateException("no stock")).orThrow();
    assertThat(tracker.inFlight()).isZero();
  }

  @Test
  void countsARequestUntilItsClientHasGone() {
    Disposable client = request("/orders").subscribe();
    assertThat(tracker.inFlight()).isEqualTo(1);
    client.dispose();
    assertThat(tracker.inFlight()).isZero();
  }

  @Test
  void countsNoHealthCheck() {
    request("/actuator/health").subscribe();
    assertThat(tracker.inFlight()).isZero();
  }
}
