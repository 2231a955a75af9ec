package dev.rollcall.discovery.frameworks.helidon;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Watch;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/** Registers, serves, finds another service, and leaves with no request lost. */
public final class FrontMain {

  private static final RequestTracker traffic = new RequestTracker();

  private FrontMain() {}

  public static void main(String[] arguments) {
    Discovery consul = Discovery.connect();
    Watch shops = consul.watch("shop");
    LoadBalancer balancer = LoadBalancer.roundRobin();
    WebServer server =
        WebServer.builder()
            .port(0)
            .shutdownHook(false) // Helidon's would stop the server at once
            .routing(
                routing ->
                    routing
                        .addFilter(FrontMain::track)
                        .get("/", (request, response) -> response.send(next(shops, balancer))))
            .build()
            .start();
    consul.register(
        ServiceDefinition.named("front").port(server.port()).health(FrontMain::health).build());
    LeaveOnTerminate.builder(consul)
        .traffic(traffic)
        .stopServer(server::stop)
        .installShutdownHook();
  }

  private static void track(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    if (request.path().path().equals("/health")) {
      chain.proceed();
    } else {
      traffic.track(chain::proceed);
    }
  }

  private static HealthReport health() {
    return HealthReport.passing();
  }

  private static String next(Watch shops, LoadBalancer balancer) {
    return balancer.choose(shops.instances()).map(ServiceInstance::id).orElse("no shop");
  }
}
