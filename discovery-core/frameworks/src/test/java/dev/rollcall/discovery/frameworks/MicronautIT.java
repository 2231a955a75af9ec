package dev.rollcall.discovery.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LoadBalancer;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.frameworks.micronaut.FrontApplication;
import dev.rollcall.test.ConsulContainer;
import dev.rollcall.test.JavaProcess;
import dev.rollcall.test.RepeatedRequests;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Micronaut application of the page, as two processes, one of which leaves under load. */
class MicronautIT {

  private static final Duration LONG = Duration.ofSeconds(60);

  private final ConsulContainer consul = new ConsulContainer();

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
        FrontApplication.class,
        Map.of("CONSUL_HTTP_ADDR", consul.address().toString(), "SERVICE_ADDRESS", "127.0.0.1"));
  }

  /**
   * Asks by a connection of its own: one that is kept would hide a port that is closed too soon.
   */
  private static String ask(ServiceInstance front) {
    URI uri = URI.create("http://" + front.address() + ":" + front.port() + "/");
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setRequestProperty("Connection", "close");
      connection.setConnectTimeout(10_000);
      connection.setReadTimeout(10_000);
      try (var body = connection.getInputStream()) {
        return new String(body.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void findsAShopAndLeavesUnderLoadWithoutLosingARequest() throws Exception {
    List<Process> processes = List.of(front(), front());
    ConsulOptions options = ConsulOptions.builder().address(consul.address()).build();
    try (Discovery discovery = Discovery.connect(options)) {
      Registration shop =
          discovery.register(ServiceDefinition.named("shop").id("shop-1").port(8080).build());
      assertThat(shop.awaitPassing(LONG)).isTrue();
      Watch fronts = discovery.watch("front");
      await().atMost(LONG).until(() -> fronts.instances().size() == 2);
      for (ServiceInstance front : fronts.instances()) {
        await().atMost(LONG).until(() -> ask(front).equals("shop-1"));
      }

      List<ServiceInstance> both = fronts.instances();
      LoadBalancer balancer = LoadBalancer.roundRobin();
      RepeatedRequests load =
          new RepeatedRequests(() -> ask(balancer.choose(fronts.instances()).orElseThrow()));
      processes.get(0).destroy();
      await().atMost(LONG).until(() -> fronts.instances().size() == 1);
      for (ServiceInstance each : both) {
        assertThat(ask(each)).as("whether a request that comes late is served").isEqualTo("shop-1");
      }
      assertThat(processes.get(0).waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(load.stop()).containsOnlyKeys("shop-1");
      assertThat(fronts.instances()).hasSize(1);
      assertThat(discovery.instances("front")).hasSize(1);
    } finally {
      processes.forEach(Process::destroyForcibly);
    }
  }
}
