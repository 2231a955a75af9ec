package dev.rollcall.discovery.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import dev.rollcall.discovery.testing.RegistryExtension;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.web.servlet.function.RouterFunction;
import org.springframework.web.servlet.function.RouterFunctions;
import org.springframework.web.servlet.function.ServerResponse;

/** The examples that serve: listed at the port that they serve at, and gone before they stop. */
@ExtendWith(RegistryExtension.class)
class ServersTest {

  private final HttpClient http = HttpClient.newHttpClient();

  private static HttpRequest request(ServiceInstance instance, String path) {
    URI uri = URI.create("http://127.0.0.1:" + instance.port() + path);
    return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build();
  }

  private CompletableFuture<String> begin(ServiceInstance instance, String path) {
    return http.sendAsync(request(instance, path), HttpResponse.BodyHandlers.ofString())
        .thenApply(HttpResponse::body);
  }

  private String get(ServiceInstance instance) {
    try {
      return http.send(request(instance, "/"), HttpResponse.BodyHandlers.ofString()).body();
    } catch (IOException e) {
      return "nobody";
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The only instance of the service, after it has answered. */
  private ServiceInstance served(InMemoryRegistry registry, String service) {
    List<ServiceInstance> passing = registry.passing(service);
    assertThat(passing).hasSize(1);
    assertThat(get(passing.get(0))).isEqualTo("hello\n");
    return passing.get(0);
  }

  private void assertGone(InMemoryRegistry registry, ServiceInstance instance) {
    assertThat(registry.instances(instance.service())).isEmpty();
    assertThat(get(instance)).isEqualTo("nobody");
  }

  @Test
  void plainMain(InMemoryRegistry registry) throws IOException {
    LeaveOnTerminate leave = new PlainMain().serve(registry.connect()).build();
    ServiceInstance instance = served(registry, "hello");
    assertThat(instance.tags()).containsExactly("plain");
    leave.run();
    assertGone(registry, instance);
  }

  @Test
  void javalin(InMemoryRegistry registry) {
    Javalin app =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.registerPlugin(new ConsulPlugin(registry.connect(), "greeter"));
              config.routes.get("/", context -> context.result("hello\n"));
            });
    app.start("127.0.0.1", 0);
    ServiceInstance instance = served(registry, "greeter");
    app.stop();
    assertGone(registry, instance);
  }

  /** A request that takes longer than the drain waits is answered before the server is gone. */
  @Test
  void javalinLetsALongRequestEnd(InMemoryRegistry registry) throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch working = new CountDownLatch(1);
    Javalin app =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.registerPlugin(new ConsulPlugin(registry.connect(), "greeter"));
              config.routes.get("/", context -> context.result("hello\n"));
              config.routes.get(
                  "/long",
                  context -> {
                    working.countDown();
                    goOn.await();
                    context.result("at last");
                  });
            });
    app.start("127.0.0.1", 0);
    ServiceInstance instance = served(registry, "greeter");
    CompletableFuture<String> answer = begin(instance, "/long");
    working.await();
    CompletableFuture<?> stopped = CompletableFuture.runAsync(app::stop);
    await().atMost(Duration.ofSeconds(20)).until(() -> get(instance).equals("nobody"));
    assertThat(answer).isNotDone();
    goOn.countDown();
    assertThat(answer.get(20, TimeUnit.SECONDS)).isEqualTo("at last");
    stopped.get(20, TimeUnit.SECONDS);
  }

  @Test
  void springBootCountsUsersRequestsUntilTheyAreComplete(InMemoryRegistry registry)
      throws Exception {
    Greeter.answer = new CompletableFuture<>();
    try (ConfigurableApplicationContext app = spring(registry)) {
      ServiceInstance instance = served(registry, "greeter");
      RequestTracker traffic = app.getBean(RequestTracker.class);
      CompletableFuture<String> later = begin(instance, "/later");
      await().until(() -> traffic.inFlight() == 1);
      // The only thread there is serves this one too: it has come back from the other.
      assertThat(begin(instance, "/count").get(20, TimeUnit.SECONDS)).isEqualTo("2");
      Greeter.answer.complete("at last");
      assertThat(later.get(20, TimeUnit.SECONDS)).isEqualTo("at last");
      await().until(() -> traffic.inFlight() == 0);

      Duration quiet = traffic.quietFor();
      begin(instance, "/actuator/health").get(20, TimeUnit.SECONDS);
      assertThat(traffic.quietFor()).isGreaterThan(quiet);
    }
  }

  private static ConfigurableApplicationContext spring(InMemoryRegistry registry) {
    Discovery discovery = registry.connect();
    return new SpringApplicationBuilder(Greeter.class)
        .web(WebApplicationType.SERVLET)
        .initializers(
            (GenericApplicationContext context) ->
                context.registerBean(Discovery.class, () -> discovery))
        .properties(
            "spring.application.name=greeter",
            "server.port=0",
            "server.address=127.0.0.1",
            "server.tomcat.threads.max=1",
            "server.tomcat.threads.min-spare=1",
            "spring.main.banner-mode=off")
        .run();
  }

  @Test
  void springBoot(InMemoryRegistry registry) {
    ConfigurableApplicationContext app = spring(registry);
    ServiceInstance instance = served(registry, "greeter");
    assertThat(instance.tags()).containsExactly("spring");
    app.close();
    assertGone(registry, instance);
  }

  /** A Spring Boot app that says hello. */
  @Configuration
  @EnableAutoConfiguration
  @Import(ConsulConfiguration.class)
  static class Greeter {
    private static CompletableFuture<String> answer = new CompletableFuture<>();

    @Bean
    RouterFunction<ServerResponse> hello(RequestTracker traffic) {
      return RouterFunctions.route()
          .GET("/", request -> ServerResponse.ok().body("hello\n"))
          .GET("/count", request -> ServerResponse.ok().body("" + traffic.inFlight()))
          .GET(
              "/later",
              request ->
                  ServerResponse.async(answer.thenApply(text -> ServerResponse.ok().body(text))))
          .build();
    }
  }
}
