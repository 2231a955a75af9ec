package dev.rollcall.discovery.spring;

import dev.rollcall.discovery.RequestTracker;
import java.util.concurrent.CompletableFuture;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.web.client.RestClient;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/** An application as a user writes it: nothing in it is of the starter but what it shows. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ShopApplication {

  /** That of the gateway, which finds instances itself. */
  @Bean
  @Primary
  RestClient.Builder plainBuilder() {
    return RestClient.builder();
  }

  @Bean
  @LoadBalanced
  RestClient.Builder balancedBuilder() {
    return RestClient.builder();
  }

  @Bean
  CompletableFuture<String> later() {
    return new CompletableFuture<>();
  }

  @Bean
  RouterFunction<ServerResponse> pages(RequestTracker tracker, CompletableFuture<String> later) {
    return RouterFunctions.route()
        .GET("/", request -> ServerResponse.ok().body("hello"))
        .GET("/count", request -> ServerResponse.ok().body("" + tracker.inFlight()))
        .GET(
            "/later",
            request ->
                ServerResponse.async(later.thenApply(text -> ServerResponse.ok().body(text))))
        .build();
  }
}
