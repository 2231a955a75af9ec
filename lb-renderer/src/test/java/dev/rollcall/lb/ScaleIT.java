package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.update.HaproxyContainer;
import dev.rollcall.lb.update.KeepAliveClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service grows from 1 instance to 200 and shrinks again: HAProxy is not reloaded once. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ScaleIT {
  private static final int MOST = 200;
  private static final int FIRST_PORT = 9000;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final String TEMPLATE =
      """
      defaults
          mode http
          timeout connect 2s
          timeout client 30s
          timeout server 30s
          timeout http-keep-alive 10s
          option idle-close-on-response
          default-server inter 2s
      frontend site
          bind :8080
          default_backend web
      backend web
          balance roundrobin
      {{#services.web}}
          server {{name}} {{address}}:{{port}} weight {{weight}} check
      {{/services.web}}
      """;

  /** Ports of another HAProxy in the same container, and each tells which it is. */
  private static final String INSTANCES =
      """
      defaults
          mode http
          timeout client 30s
      frontend instances
          bind 127.0.0.1:9000-9199
          http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  @TempDir private Path directory;
  private final ConsulContainer consul = new ConsulContainer();
  private HaproxyContainer haproxy;

  @BeforeEach
  void start() throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.writeString(directory.resolve("t.mustache"), TEMPLATE);
    Files.writeString(output(), atFirst());
    Files.setPosixFilePermissions(output(), PosixFilePermissions.fromString("rw-r--r--"));
    consul.start();
    haproxy = new HaproxyContainer(TestImages.haproxy(), directory, "admin");
    Files.writeString(directory.resolve("instances"), INSTANCES);
    haproxy.withInstances("instances").start();
  }

  @AfterEach
  void stop() {
    haproxy.stop();
    consul.stop();
  }

  @Test
  void goesFromOneToTwoHundredAndBackWithoutAReloadAndNoClientNotices() throws Exception {
    register(0);
    try (RendererProcess renderer =
        new RendererProcess(
            directory,
            Map.of("CONSUL_HTTP_ADDR", consul.address()),
            "--template",
            directory.resolve("t.mustache").toString(),
            "--output",
            output().toString(),
            "--master-socket",
            directory.resolve("master.sock").toString(),
            "--listen",
            "127.0.0.1:0")) {
      renderer.awaitReady();
      await().atMost(PATIENCE).until(() -> visited(4).equals(Set.of("9000")));
      int reloads = reloads(renderer);
      KeepAliveClient clients = new KeepAliveClient(haproxy.site(), 2);
      try {
        for (int number = 1; number < MOST; number++) {
          register(number);
        }
        await().atMost(PATIENCE).until(() -> servers() == MOST);
        Set<String> seen = new HashSet<>();
        await().atMost(PATIENCE).until(() -> reached(seen) == MOST);
        for (int left = MOST; left > 1; ) {
          // Some at a time: what loses most of its instances at once looks like an accident.
          int fewer = Math.max(1, left * 4 / 5);
          for (int number = fewer; number < left; number++) {
            consul.deregister("web-" + number);
          }
          left = fewer;
          int expected = left;
          await().atMost(PATIENCE).until(() -> servers() == expected);
        }
        await().atMost(PATIENCE).until(() -> visited(4).equals(Set.of("9000")));
        long answered = clients.answered();
        await().atMost(PATIENCE).until(() -> clients.answered() > answered + 100);
      } finally {
        clients.end();
      }
      assertThat(clients.lost()).isEmpty();
      assertThat(reloads(renderer)).as("reloads").isEqualTo(reloads);
      assertThat(renderer.status().get("applies").toString()).contains("\"changed\":");
    }
  }

  /** What HAProxy starts with. */
  private static String atFirst() {
    return TEMPLATE
        .replaceAll("(?m)^\\{\\{.*\n", "")
        .replace("{{name}} {{address}}:{{port}} weight {{weight}}", "first 127.0.0.1:9000");
  }

  private Path output() {
    return directory.resolve("haproxy.cfg");
  }

  private void register(int number) {
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"web-%d\", \"Address\": \"127.0.0.1\", \"Port\": %d}"
            .formatted(number, FIRST_PORT + number));
  }

  /** As HAProxy counted them by itself. */
  private static int reloads(RendererProcess renderer) {
    return renderer.status().getAsJsonObject("haproxy").get("reloads").getAsInt();
  }

  /** How many the file has. */
  private long servers() throws IOException {
    return Files.readString(output()).lines().filter(line -> line.contains(" server web-")).count();
  }

  /** How many have answered so far, these visits included. */
  private int reached(Set<String> soFar) throws IOException, InterruptedException {
    soFar.addAll(visited(MOST));
    return soFar.size();
  }

  private Set<String> visited(int visits) throws IOException, InterruptedException {
    URI site = haproxy.site();
    HttpClient client = HttpClient.newHttpClient();
    Set<String> visited = new HashSet<>();
    for (int visit = 0; visit < visits; visit++) {
      visited.add(
          client
              .send(
                  HttpRequest.newBuilder(site).timeout(Duration.ofSeconds(10)).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body());
    }
    return visited;
  }
}
