package dev.rollcall.discovery.frameworks.micronaut;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.Watch;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import jakarta.inject.Singleton;

/** The connection to Consul, and what is made of it. */
@Factory
class ConsulFactory {

  @Singleton
  @Bean(preDestroy = "close")
  Discovery discovery() {
    return Discovery.connect(); // CONSUL_HTTP_ADDR and the like
  }

  @Singleton
  RequestTracker traffic() {
    return new RequestTracker();
  }

  @Singleton
  Watch shops(Discovery discovery) {
    return discovery.watch("shop");
  }
}
