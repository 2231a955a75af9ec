package dev.rollcall.discovery.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.test.ConsulContainer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.client.RestClient;

/** A real application with a real Consul. */
class StarterIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final ConsulContainer consul = new ConsulContainer();

  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  private static ConfigurableApplicationContext run(String name) {
    SpringApplication application =
        new SpringApplicationBuilder(ShopApplication.class)
            .properties(
                "spring.application.name=" + name,
                "spring.main.banner-mode=off",
                "server.port=0",
                "server.address=127.0.0.1",
                "rollcall.consul.addresses=" + consul.address(),
                "rollcall.service.address=127.0.0.1",
                "rollcall.service.ttl=3s",
                "rollcall.shutdown.drain-limit=1m")
            .build();
    ConfigurableApplicationContext context = application.run();
    await().atMost(SOON).until(() -> consul.passing(name).contains(port(context)));
    return context;
  }

  private static String port(ConfigurableApplicationContext context) {
    return context.getEnvironment().getRequiredProperty("local.server.port");
  }

  private static HttpRequest request(String port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(SOON)
        .build();
  }

  private String get(String port) {
    try {
      return http.send(request(port, "/"), BodyHandlers.ofString()).body();
    } catch (IOException e) {
      return "nobody";
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void isRegisteredAtItsPortAndFoundByOthers() {
    try (ConfigurableApplicationContext app = run("finder")) {
      DiscoveryClient client = app.getBean(DiscoveryClient.class);
      assertThat(client.getInstances("finder"))
          .extracting(ServiceInstance::getUri)
          .containsExactly(URI.create("http://127.0.0.1:" + port(app)));
      assertThat(client.getServices()).contains("consul", "finder");
      RestClient balanced = app.getBean("balancedBuilder", RestClient.Builder.class).build();
      assertThat(balanced.get().uri("http://finder/").retrieve().body(String.class))
          .isEqualTo("hello");
    }
  }

  @Test
  void isRegisteredAgainWhenConsulHasLostItsData() {
    try (ConfigurableApplicationContext app = run("keeper")) {
      DiscoveryClient client = app.getBean(DiscoveryClient.class);
      assertThat(client.getInstances("keeper")).hasSize(1);
      consul.restartWithoutData();
      await().atMost(SOON).until(() -> consul.passing("keeper").contains(port(app)));
      await().atMost(SOON).until(() -> client.getInstances("keeper").size() == 1);
    }
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void leavesFirstAndServesUntilNobodyAsks(CapturedOutput output) throws Exception {
    ConfigurableApplicationContext app = run("leaver");
    String port = port(app);
    @SuppressWarnings("unchecked")
    CompletableFuture<String> later = app.getBean("later", CompletableFuture.class);
    RequestTracker tracker = app.getBean(RequestTracker.class);
    CompletableFuture<HttpResponse<String>> slow =
        http.sendAsync(request(port, "/later"), BodyHandlers.ofString());
    await().atMost(SOON).until(() -> tracker.inFlight() == 1);

    CompletableFuture<Void> closed = CompletableFuture.runAsync(app::close);
    await().atMost(SOON).until(() -> consul.registered("leaver").isEmpty());
    assertThat(get(port)).as("a new request after the leave").isEqualTo("hello");
    assertThat(closed).isNotDone();

    later.complete("at last");
    assertThat(slow.get(60, TimeUnit.SECONDS).body()).isEqualTo("at last");
    assertThat(get(port)).as("a new request in the quiet period").isEqualTo("hello");
    closed.get(60, TimeUnit.SECONDS);
    assertThat(get(port)).isEqualTo("nobody");
    assertThat(output.getOut().lines().filter(line -> line.contains("leaver-")))
        .as("what the log says of an ordinary life")
        .anyMatch(line -> line.contains("has left"))
        .noneMatch(line -> line.contains(" WARN "));
  }

  @Test
  void aRollingRestartUnderLoadLosesNoRequest() throws Exception {
    ConfigurableApplicationContext client = run("roller-client");
    List<ConfigurableApplicationContext> apps =
        new ArrayList<>(List.of(run("roller"), run("roller")));
    RestClient balanced = client.getBean("balancedBuilder", RestClient.Builder.class).build();
    DiscoveryClient discovery = client.getBean(DiscoveryClient.class);
    await().atMost(SOON).until(() -> discovery.getInstances("roller").size() == 2);
    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger answered = new AtomicInteger();
    List<Exception> lost = new CopyOnWriteArrayList<>();
    CompletableFuture<Void> load =
        CompletableFuture.runAsync(
            () -> {
              while (!done.get()) {
                try {
                  balanced.get().uri("http://roller/").retrieve().toBodilessEntity();
                  answered.incrementAndGet();
                } catch (RuntimeException e) {
                  lost.add(e);
                }
              }
            });
    for (int i = 0; i < 2; i++) {
      apps.remove(0).close();
      apps.add(run("roller"));
      await().atMost(SOON).until(() -> discovery.getInstances("roller").size() == 2);
    }
    done.set(true);
    load.get(60, TimeUnit.SECONDS);
    apps.forEach(ConfigurableApplicationContext::close);
    client.close();
    assertThat(lost).isEmpty();
    assertThat(answered).hasValueGreaterThan(100);
  }
}
