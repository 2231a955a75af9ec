package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.spring.testing.AutoConfigureInMemoryRegistry;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.core.env.Environment;
import org.springframework.web.client.RestClient;

@SpringBootTest(
    classes = ShopApplication.class,
    webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
    properties = {
      "spring.application.name=shop",
      "spring.cloud.gateway.server.webmvc.routes[0].id=shop",
      "spring.cloud.gateway.server.webmvc.routes[0].uri=lb://shop",
      "spring.cloud.gateway.server.webmvc.routes[0].predicates[0]=Path=/shop",
      "spring.cloud.gateway.server.webmvc.routes[0].filters[0]=StripPrefix=1"
    })
@AutoConfigureInMemoryRegistry
class ApplicationTest {

  @Autowired InMemoryRegistry registry;
  @Autowired @LoadBalanced RestClient.Builder client;
  @Autowired RequestTracker tracker;
  @Autowired Environment environment;
  @LocalServerPort int port;

  private String get(String uri) {
    return String.valueOf(RestClient.create().get().uri(uri).retrieve().body(String.class));
  }

  @Test
  void isRegisteredAtThePortOnWhichItListens() {
    assertThat(registry.passing("shop")).extracting(ServiceInstance::port).containsExactly(port);
  }

  @Test
  void isFoundByALoadBalancedClient() {
    registry.settle();
    assertThat(client.build().get().uri("http://shop/").retrieve().body(String.class))
        .isEqualTo("hello");
  }

  @Test
  void isFoundByTheGateway() {
    registry.settle();
    assertThat(get("http://127.0.0.1:" + port + "/shop")).isEqualTo("hello");
  }

  @Test
  void countsRequestsOfUsersAndNoHealthChecks() {
    String address = "http://127.0.0.1:" + port;
    assertThat(get(address + "/count")).isEqualTo("1");
    Duration quiet = tracker.quietFor();
    assertThat(get(address + "/actuator/health")).contains("UP");
    assertThat(tracker.quietFor()).isGreaterThan(quiet);
  }

  @Test
  void theLoadBalancerKeepsNoInstancesOfItsOwn() {
    assertThat(environment.getProperty("spring.cloud.loadbalancer.cache.enabled"))
        .isEqualTo("false");
  }
}
