package dev.rollcall.discovery.frameworks.micronaut;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import io.micronaut.http.context.event.HttpRequestReceivedEvent;
import io.micronaut.http.context.event.HttpRequestTerminatedEvent;
import io.micronaut.runtime.event.annotation.EventListener;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.runtime.server.event.ServerShutdownEvent;
import io.micronaut.runtime.server.event.ServerStartupEvent;
import jakarta.inject.Singleton;

/** Registers the application when its server listens, and leaves before the server stops. */
@Singleton
class ConsulRegistration {

  private final Discovery discovery;
  private final RequestTracker traffic;
  private final Stock stock;

  ConsulRegistration(Discovery discovery, RequestTracker traffic, Stock stock) {
    this.discovery = discovery;
    this.traffic = traffic;
    this.stock = stock;
  }

  @EventListener
  void started(ServerStartupEvent event) {
    EmbeddedServer server = event.getSource();
    String name = server.getApplicationConfiguration().getName().orElseThrow();
    discovery.register(
        ServiceDefinition.named(name).port(server.getPort()).health(this::health).build());
  }

  @EventListener
  void stopping(ServerShutdownEvent event) {
    LeaveOnTerminate.builder(discovery).traffic(traffic).build().run();
  }

  private HealthReport health() {
    return stock.isReadable()
        ? HealthReport.passing()
        : HealthReport.critical("the stock cannot be read");
  }

  @EventListener
  void received(HttpRequestReceivedEvent event) {
    if (!event.getSource().getPath().equals("/health")) {
      traffic.requestStarted();
    }
  }

  @EventListener
  void terminated(HttpRequestTerminatedEvent event) {
    if (!event.getSource().getPath().equals("/health")) {
      traffic.requestFinished();
    }
  }
}
