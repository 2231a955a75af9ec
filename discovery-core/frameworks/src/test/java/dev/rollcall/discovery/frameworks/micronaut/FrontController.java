package dev.rollcall.discovery.frameworks.micronaut;

import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Watch;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/** Says which instance of the service {@code shop} is the next. */
@Controller
class FrontController {

  private final Watch shops;
  private final LoadBalancer balancer = LoadBalancer.roundRobin();

  FrontController(Watch shops) {
    this.shops = shops;
  }

  @Get("/")
  String next() {
    return balancer.choose(shops.instances()).map(ServiceInstance::id).orElse("no shop");
  }
}
