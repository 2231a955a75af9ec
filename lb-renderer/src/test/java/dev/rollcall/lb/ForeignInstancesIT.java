package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.images.builder.Transferable;

/**
 * One pool of what others register by their own conventions and what discovery-core registers:
 * names, and how each leaves.
 */
class ForeignInstancesIT {
  private static final String TEMPLATE =
      """
      defaults
        mode http
        timeout connect 1s
        timeout client 5s
        timeout server 5s
      frontend f
        bind 127.0.84.74:8474
        default_backend b
      backend b
      {{#services.web}}
        server {{name}} {{address}}:{{port}} check
      {{/services.web}}
      """;

  /** A file of Consul's own, with an HTTP check. */
  private static final String AGENT_FILE =
      """
      {"service": {"name": "web", "id": "web1", "address": "198.18.0.1", "port": 80,
        "checks": [{"http": "http://127.0.0.1:8500/v1/kv/web1", "interval": "100ms"}]}}
      """;

  private static final String NOMAD = "_nomad-task-0b4bb1f4-3a41-7b64-24c4-7c2cd5b1b2e7-group-web-";

  /** As Nomad does it: an allocation's bridge address, a dynamic port, a script as TTL check. */
  private static final String NOMAD_JSON =
      """
      {"Name": "web", "ID": "%s", "Address": "172.26.64.7", "Port": 25311,
       "Tags": ["traefik.enable=true", "urlprefix-/"], "Meta": {"external-source": "nomad"},
       "Checks": [{"CheckID": "_nomad-check-%s", "Name": "service: \\"web\\" check",
        "HTTP": "http://127.0.0.1:8500/v1/kv/%s", "Interval": "100ms", "Timeout": "2s"}]}
      """;

  private static final String REGISTRATOR = "vm-7:web_app.1:8080";

  private static final String REGISTRATOR_JSON =
      """
      {"Name": "web", "ID": "vm-7:web_app.1:8080", "Address": "198.18.0.7", "Port": 32768,
       "Tags": ["v2"], "Check": {"TTL": "1h", "Status": "passing"}}
      """;

  private static final String SPRING_JSON =
      """
      {"Name": "web", "ID": "web-8080", "Address": "%s", "Port": 8080,
       "Tags": [], "Meta": {"secure": "false", "gRPC_port": "9090"},
       "Check": {"HTTP": "http://127.0.0.1:8500/v1/kv/spring", "Interval": "100ms",
        "DeregisterCriticalServiceAfter": "10m"}}
      """;

  /** As discovery-core does it. */
  private static final String OURS_JSON =
      """
      {"Name": "web", "ID": "web-vm-9-8080", "Address": "198.18.0.9", "Port": 8080,
       "Check": {"CheckID": "rollcall:web-vm-9-8080", "Name": "heartbeat", "TTL": "1h",
        "Status": "passing"}}
      """;

  @TempDir Path directory;

  private final ConsulContainer consul = new ConsulContainer();

  @BeforeEach
  void start() {
    consul.withCommand("agent", "-dev", "-client", "0.0.0.0", "-config-dir", "/consul/services.d");
    consul.withCopyToContainer(Transferable.of(AGENT_FILE), "/consul/services.d/web.json");
    consul.start();
    for (String key : List.of("web1", "alloc1", "alloc2", "spring")) {
      consul.store(key);
    }
    consul.register(NOMAD_JSON.formatted(NOMAD + "web-http", "1", "alloc1"));
    consul.register(
        NOMAD_JSON.formatted(NOMAD + "web-admin", "2", "alloc2").replace("25311", "25312"));
    consul.register(REGISTRATOR_JSON);
    consul.register(SPRING_JSON.formatted("198.18.0.8"));
    consul.register(OURS_JSON);
  }

  @AfterEach
  void stop() {
    consul.stop();
  }

  private Path output() {
    return directory.resolve("haproxy.cfg");
  }

  private RendererProcess renderer() throws IOException {
    Path template = Files.writeString(directory.resolve("t.mustache"), TEMPLATE);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--template", template.toString(), "--output", output().toString()));
    arguments.addAll(List.of("--listen", "127.0.0.1:0", "--wait-for-first", "60"));
    return new RendererProcess(
        directory, Map.of("CONSUL_HTTP_ADDR", consul.address()), arguments.toArray(String[]::new));
  }

  /** Waits until the servers of the file have names that match these, in their order. */
  private void awaitServers(String... patterns) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreException(java.nio.file.NoSuchFileException.class)
        .untilAsserted(
            () ->
                assertThat(servers())
                    .hasSize(patterns.length)
                    .zipSatisfy(List.of(patterns), (name, as) -> assertThat(name).matches(as)));
  }

  private List<String> servers() throws IOException {
    return Files.readString(output())
        .lines()
        .filter(line -> line.contains("server ") && line.endsWith(" check"))
        .map(line -> line.replaceFirst("^\\s*server (\\S+) .*$", "$1"))
        .toList();
  }

  private static final String NOMAD_NAME =
      "nomad-task-0b4bb1f4-3a41-7b64-24c4-7c2cd5b1b2e7-group-[0-9a-f]{8}";
  private static final String REGISTRATOR_NAME = "vm-7-web_app.1-8080-[0-9a-f]{8}";

  @Test
  void eachHasANameThatHaproxyTakesAndThatTellsItsId() throws Exception {
    try (RendererProcess renderer = renderer();
        HaproxyConfigChecker haproxy = new HaproxyConfigChecker(TestImages.haproxy())) {
      renderer.awaitReady();
      awaitServers(NOMAD_NAME, NOMAD_NAME, REGISTRATOR_NAME, "web-8080", "web-vm-9-8080", "web1");
      assertThat(servers()).doesNotHaveDuplicates();
      haproxy.start();
      assertThat(haproxy.judge(Files.readString(output()))).isEmpty();

      List<String> before = servers();
      for (JsonElement element :
          renderer
              .status()
              .getAsJsonArray("services")
              .get(0)
              .getAsJsonObject()
              .getAsJsonArray("instances")) {
        JsonObject instance = element.getAsJsonObject();
        assertThat(before).contains(instance.get("server").getAsString());
      }
      assertThat(renderer.status().toString()).contains(NOMAD + "web-http", REGISTRATOR);
    }
    try (RendererProcess again = renderer()) {
      List<String> before = servers();
      again.awaitReady();
      assertThat(servers()).isEqualTo(before);
    }
  }

  @Test
  void whateverIdsHoldNamesAreLegalAndDifferent() throws Exception {
    for (String id : List.of("a:b", "a/b", "a b", "wéb", "-", "{{x}}", "#", "x".repeat(300))) {
      consul.register(
          "{\"Name\": \"web\", \"ID\": \"%s\", \"Address\": \"198.18.1.%d\", \"Port\": 80}"
              .formatted(id, Math.floorMod(id.hashCode(), 250) + 1));
    }
    try (RendererProcess renderer = renderer();
        HaproxyConfigChecker haproxy = new HaproxyConfigChecker(TestImages.haproxy())) {
      renderer.awaitReady();
      await().atMost(Duration.ofSeconds(60)).until(() -> servers().size() == 14);
      assertThat(servers())
          .doesNotHaveDuplicates()
          .allSatisfy(name -> assertThat(name).matches("[A-Za-z0-9_.-]{1,63}"));
      haproxy.start();
      assertThat(haproxy.judge(Files.readString(output()))).isEmpty();
    }
  }

  @Test
  void eachLeavesByItsOwnCheckByMaintenanceAndByDeregistration() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers(NOMAD_NAME, NOMAD_NAME, REGISTRATOR_NAME, "web-8080", "web-vm-9-8080", "web1");
      consul.forget("spring");
      awaitServers(NOMAD_NAME, NOMAD_NAME, REGISTRATOR_NAME, "web-vm-9-8080", "web1");
      consul.store("spring");
      awaitServers(NOMAD_NAME, NOMAD_NAME, REGISTRATOR_NAME, "web-8080", "web-vm-9-8080", "web1");

      consul.maintain(encoded(REGISTRATOR));
      awaitServers(NOMAD_NAME, NOMAD_NAME, "web-8080", "web-vm-9-8080", "web1");
      consul.maintain("web1");
      awaitServers(NOMAD_NAME, NOMAD_NAME, "web-8080", "web-vm-9-8080");

      consul.deregister(NOMAD + "web-http");
      awaitServers(NOMAD_NAME, "web-8080", "web-vm-9-8080");
      consul.deregister(encoded(REGISTRATOR));
      consul.forget("alloc2");
      awaitServers("web-8080", "web-vm-9-8080");
    }
  }

  @Test
  void aHostNameForAnAddressIsLeftOutAndTheStatusSaysWhatToDo() throws Exception {
    consul.register(SPRING_JSON.formatted("app-7.example.internal"));
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers(NOMAD_NAME, NOMAD_NAME, REGISTRATOR_NAME, "web-vm-9-8080", "web1");
      assertThat(renderer.status().toString())
          .contains("'app-7.example.internal' is not the IPv4 or IPv6 address");
    }
  }

  private static String encoded(String id) {
    return URLEncoder.encode(id, StandardCharsets.UTF_8);
  }
}
