package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.examples.ShopFront;
import dev.rollcall.test.ConsulContainer;
import dev.rollcall.test.JavaProcess;
import dev.rollcall.test.RepeatedRequests;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The example of twenty lines, as two processes, one of which leaves under load. */
class ShopFrontIT {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final ConsulContainer consul = new ConsulContainer();
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  @BeforeEach
  void start() {
    consul.start();
  }

  @AfterEach
  void stop() {
    consul.stop();
  }

  private Process front() throws IOException {
    return JavaProcess.start(
        ShopFront.class, Map.of("CONSUL_HTTP_ADDR", consul.address().toString()));
  }

  private String ask(ServiceInstance front) throws IOException, InterruptedException {
    URI uri = URI.create("http://" + front.address() + ":" + front.port() + "/");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  @Test
  void findsAShopAndLeavesUnderLoadWithoutLosingARequest() throws Exception {
    List<Process> processes = List.of(front(), front());
    try (Discovery discovery = Discovery.connect(optionsOf(consul).build())) {
      Registration shop =
          discovery.register(ServiceDefinition.named("shop").id("shop-1").port(8080).build());
      assertThat(shop.awaitPassing(LONG)).isTrue();
      Watch fronts = discovery.watch("front");
      await().atMost(LONG).until(() -> fronts.instances().size() == 2);
      for (ServiceInstance front : fronts.instances()) {
        await().atMost(LONG).until(() -> ask(front).equals("200 shop-1"));
      }

      LoadBalancer balancer = LoadBalancer.roundRobin();
      RepeatedRequests load =
          new RepeatedRequests(() -> ask(balancer.choose(fronts.instances()).orElseThrow()));
      processes.get(0).destroy();
      assertThat(processes.get(0).waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(load.stop()).containsOnlyKeys("200 shop-1");
      assertThat(fronts.instances()).hasSize(1);
      assertThat(discovery.instances("front")).hasSize(1);
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }
}
