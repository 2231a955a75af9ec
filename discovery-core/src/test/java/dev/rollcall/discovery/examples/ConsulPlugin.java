package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.server.RequestTrackingHandler;
import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;
import java.time.Duration;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;

/** Registers a Javalin app when it has started, and leaves before it stops. */
final class ConsulPlugin extends Plugin<Void> {

  /** For requests that take longer than the drain waits: Jetty cuts them off at once without. */
  private static final Duration LONGEST_REQUEST = Duration.ofSeconds(10);

  private final Discovery discovery;
  private final String service;
  private final RequestTracker traffic = new RequestTracker();

  ConsulPlugin(Discovery discovery, String service) {
    this.discovery = discovery;
    this.service = service;
  }

  @Override
  public void onInitialize(JavalinState state) {
    state.jetty.modifyServer(
        server -> {
          server.insertHandler(new RequestTrackingHandler(traffic, "/health"::equals));
          server.setStopTimeout(LONGEST_REQUEST.toMillis());
          state.events.serverStarted(() -> started(state, server));
        });
  }

  private void started(JavalinState state, Server server) {
    int port = ((NetworkConnector) server.getConnectors()[0]).getLocalPort();
    discovery.register(ServiceDefinition.named(service).port(port).build());
    // Javalin stops the server itself, when all of this is done.
    LeaveOnTerminate leave = LeaveOnTerminate.builder(discovery).traffic(traffic).build();
    state.events.serverStopping(leave::run);
  }
}
