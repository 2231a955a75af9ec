package dev.rollcall.discovery.frameworks.quarkus;

import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Watch;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Says which instance of the service {@code shop} is the next. */
@Singleton
class Routes {

  private final Watch shops;
  private final LoadBalancer balancer = LoadBalancer.roundRobin();

  Routes(Watch shops) {
    this.shops = shops;
  }

  void add(@Observes Router router) {
    router.get("/").handler(context -> context.response().end(next()));
  }

  private String next() {
    return balancer.choose(shops.instances()).map(ServiceInstance::id).orElse("no shop");
  }
}
