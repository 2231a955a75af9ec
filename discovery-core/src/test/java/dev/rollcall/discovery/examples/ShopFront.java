package dev.rollcall.discovery.examples;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.server.RequestTrackingPlugin;
import io.javalin.Javalin;

/** Registers, serves, finds another service, and leaves with no request lost. */
public final class ShopFront {
  public static void main(String[] arguments) {
    Discovery consul = Discovery.connect();
    Watch shops = consul.watch("shop");
    LoadBalancer balancer = LoadBalancer.roundRobin();
    RequestTracker tracker = new RequestTracker();
    Javalin app =
        Javalin.create(
            config -> {
              config.registerPlugin(new RequestTrackingPlugin(tracker, "/health"::equals));
              config.routes.get("/", context -> context.result(next(shops, balancer)));
            });
    app.start(0);
    consul.register(ServiceDefinition.named("front").port(app.port()).build());
    LeaveOnTerminate.builder(consul).traffic(tracker).stopServer(app::stop).installShutdownHook();
  }

  private static String next(Watch shops, LoadBalancer balancer) {
    return balancer.choose(shops.instances()).map(ServiceInstance::id).orElse("no shop");
  }
}
