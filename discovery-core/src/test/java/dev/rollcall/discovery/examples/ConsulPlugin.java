package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.Traffic;
import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.EventsHandler;
import org.jspecify.annotations.Nullable;

/** Registers a Javalin app when it has started, and leaves before it stops. */
final class ConsulPlugin extends Plugin<Void> {

  private final Discovery discovery;
  private final String service;
  private final Traffic traffic = new Traffic();

  ConsulPlugin(Discovery discovery, String service) {
    this.discovery = discovery;
    this.service = service;
  }

  @Override
  public void onInitialize(JavalinState state) {
    state.jetty.modifyServer(
        server -> {
          server.insertHandler(new Counting());
          state.events.serverStarted(() -> started(state, server));
        });
  }

  private void started(JavalinState state, Server server) {
    int port = ((NetworkConnector) server.getConnectors()[0]).getLocalPort();
    Registration registration =
        discovery.register(ServiceDefinition.named(service).port(port).build());
    // Javalin stops the server itself, when all of this is done.
    LeaveOnTerminate leave =
        LeaveOnTerminate.builder()
            .registration(registration)
            .traffic(traffic)
            .then(discovery)
            .build();
    state.events.serverStopping(leave::run);
  }

  /** Sees each request from its beginning to its very end. */
  private final class Counting extends EventsHandler {
    @Override
    protected void onBeforeHandling(Request request) {
      traffic.began();
    }

    @Override
    protected void onComplete(
        Request request, int status, HttpFields headers, @Nullable Throwable failure) {
      traffic.ended();
    }
  }
}
