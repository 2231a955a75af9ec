package dev.rollcall.discovery.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
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

  private String get(ServiceInstance instance) {
    URI uri = URI.create("http://127.0.0.1:" + instance.port() + "/");
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
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
    LeaveOnTerminate leave = new PlainMain().serve(registry.connect());
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

  @Test
  void springBoot(InMemoryRegistry registry) {
    Discovery discovery = registry.connect();
    ConfigurableApplicationContext app =
        new SpringApplicationBuilder(Greeter.class)
            .web(WebApplicationType.SERVLET)
            .initializers(
                (GenericApplicationContext context) ->
                    context.registerBean(Discovery.class, () -> discovery))
            .properties(
                "spring.application.name=greeter",
                "server.port=0",
                "server.address=127.0.0.1",
                "spring.main.banner-mode=off")
            .run();
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
    @Bean
    RouterFunction<ServerResponse> hello() {
      return RouterFunctions.route()
          .GET("/", request -> ServerResponse.ok().body("hello\n"))
          .build();
    }
  }
}
