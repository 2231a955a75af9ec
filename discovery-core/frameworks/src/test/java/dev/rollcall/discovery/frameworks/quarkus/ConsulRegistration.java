package dev.rollcall.discovery.frameworks.quarkus;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.Watch;
import io.quarkus.runtime.ApplicationConfig;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Registers the application when its server listens, and leaves before the server stops. */
@Singleton
class ConsulRegistration {

  private final Discovery discovery = Discovery.connect(); // CONSUL_HTTP_ADDR and the like
  private final RequestTracker traffic = new RequestTracker();

  void started(@ObservesAsync HttpServerStart event, HttpServer server, ApplicationConfig app) {
    String name = app.name().orElseThrow();
    discovery.register(
        ServiceDefinition.named(name).port(server.getPort()).health(this::health).build());
  }

  /** Before the server closes its port; at a ShutdownEvent it has. */
  void stopping(@Observes ShutdownDelayInitiatedEvent event) {
    LeaveOnTerminate.builder(discovery).traffic(traffic).build().run();
  }

  void filters(@Observes Filters filters) {
    filters.register(this::track, 1000);
  }

  private void track(RoutingContext context) {
    if (!context.normalizedPath().startsWith("/q/")) {
      traffic.requestStarted();
      context.addEndHandler(sent -> traffic.requestFinished());
    }
    context.next();
  }

  private HealthReport health() {
    return HealthReport.passing();
  }

  @Produces
  @ApplicationScoped
  Watch shops() {
    return discovery.watch("shop");
  }
}
