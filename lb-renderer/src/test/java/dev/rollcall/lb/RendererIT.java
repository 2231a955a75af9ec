package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.cli.RootCommand;
import dev.rollcall.lb.template.HostileInstances;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The renderer with a real Consul; the file is all it is to bring up to date. */
class RendererIT {
  private static final String TEMPLATE =
      """
      frontend f
        bind 127.0.84.73:8473
      backend b
      {{#services.web}}
        server {{name}} {{address}}:{{port}}
      {{/services.web}}
      """;

  @TempDir Path directory;

  private final ConsulContainer consul = new ConsulContainer();

  @BeforeEach
  void start() {
    consul.start();
    consul.registerWeb("web-a", "198.18.0.1");
  }

  @AfterEach
  void stop() {
    consul.stop();
  }

  private Path template(String text) throws IOException {
    Path file = directory.resolve("t.mustache");
    Path fresh = Files.writeString(directory.resolve("t.new"), text);
    return Files.move(
        fresh,
        file,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING,
        java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private Path output() {
    return directory.resolve("haproxy.cfg");
  }

  private RendererProcess renderer(String... more) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--template", template(TEMPLATE).toString()));
    arguments.addAll(List.of("--output", output().toString()));
    arguments.addAll(List.of("--listen", "127.0.0.1:0", "--wait-for-first", "60"));
    arguments.addAll(List.of(more));
    return new RendererProcess(
        directory, Map.of("CONSUL_HTTP_ADDR", consul.address()), arguments.toArray(String[]::new));
  }

  private void awaitServers(String... names) {
    awaitFile(() -> servers().equals(List.of(names)));
  }

  private List<String> servers() throws IOException {
    return Files.readString(output())
        .lines()
        .filter(line -> line.contains("server "))
        .map(line -> line.replaceFirst("^\\s*server (\\S+) .*$", "$1"))
        .toList();
  }

  /** The ids that the guard holds of the service, as JSON; empty if it holds none. */
  private static String held(RendererProcess renderer) {
    JsonElement guard =
        renderer.status().getAsJsonArray("services").get(0).getAsJsonObject().get("guard");
    return guard.isJsonNull() ? "" : guard.getAsJsonObject().get("held").toString();
  }

  private static void awaitFile(Callable<Boolean> condition) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreException(java.nio.file.NoSuchFileException.class)
        .until(condition);
  }

  @Test
  void followsTheServiceAndStopsWhenAsked() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers("web-a");
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("web-a", "web-b");
      consul.deregister("web-a");
      awaitServers("web-b");
      assertThat(renderer.get("/healthz").getKey()).isEqualTo(200);
      assertThat(renderer.status().get("degraded").getAsBoolean()).isFalse();
      assertThat(renderer.terminate()).isZero();
    }
    awaitServers("web-b");
  }

  @Test
  void obeysAnOrderOfMaintenanceDownToTheLastInstanceThoughItGuardsForAnHour() throws Exception {
    consul.registerWeb("web-b", "198.18.0.2");
    try (RendererProcess renderer = renderer("--guard-grace", "60m", "--guard-shrink", "0%")) {
      renderer.awaitReady();
      awaitServers("web-a", "web-b");
      consul.maintain("web-a");
      awaitServers("web-b");
      consul.maintainNode(true);
      awaitServers();
      assertThat(held(renderer)).isEmpty();
      consul.maintainNode(false);
      awaitServers("web-b");
    }
  }

  @Test
  void doesNotTakeAnOrderOfMaintenanceForALossWhenItStarts() throws Exception {
    try (RendererProcess renderer = renderer("--guard-grace", "60m")) {
      renderer.awaitReady();
      awaitServers("web-a");
      await().until(() -> Files.exists(directory.resolve("haproxy.cfg.pools")));
      assertThat(renderer.terminate()).isZero();
    }
    consul.maintain("web-a");
    try (RendererProcess renderer = renderer("--guard-grace", "60m")) {
      renderer.awaitReady();
      awaitServers();
    }
  }

  @Test
  void servesAnInstanceThatWarnsWithItsWeightForThatUnlessToldNotTo() throws Exception {
    String warns =
        "{\"Name\": \"web\", \"ID\": \"web-a\", \"Address\": \"198.18.0.1\", \"Port\": 8080,"
            + " \"Weights\": {\"Passing\": 10, \"Warning\": 3},"
            + " \"Check\": {\"TTL\": \"1h\", \"Status\": \"%s\"}}";
    consul.registerWeb("web-b", "198.18.0.2");
    consul.registerWeb("web-c", "198.18.0.3");
    consul.register(warns.formatted("warning"));
    try (RendererProcess renderer = renderer()) {
      template(TEMPLATE.replace("{{port}}", "{{port}} weight {{weight}}"));
      awaitFile(() -> Files.readString(output()).contains("web-a 198.18.0.1:8080 weight 3\n"));
      assertThat(renderer.terminate()).isZero();
    }
    try (RendererProcess renderer = renderer("--health", "passing")) {
      awaitServers("web-b", "web-c");
      assertThat(renderer.terminate()).isZero();
    }
  }

  @Test
  void leavesOutWhatIsHostileAndServesTheOthers() throws Exception {
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"evil-address\", \"Address\": \"127.0.0.1 backup\", \"Port\": 80}");
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"evil-socket\", \"Address\": \"unix@/run/haproxy/admin.sock\", \"Port\": 80}");
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"host-name\", \"Address\": \"web.example\", \"Port\": 80}");
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"evil id\\n  bind :1\", \"Address\": \"198.18.0.3\", \"Port\": 80}");
    consul.register(
        "{\"Name\": \"web\", \"ID\": \"heavy\", \"Address\": \"198.18.0.4\", \"Port\": 80, \"Weights\": {\"Passing\": 999, \"Warning\": 1}}");
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers("heavy", "web-a");
      assertThat(renderer.status().toString())
          .contains("'web.example' is not the IPv4 or IPv6 address");
      assertThat(renderer.log())
          .contains("evil-address", "evil-socket", "host-name")
          .doesNotContain("\n  bind :1");
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("heavy", "web-a", "web-b");
    }
  }

  /**
   * What Consul takes of the corpus; an agent is no filter. Who gives no address has its node's,
   * 127.0.0.1.
   */
  @Test
  void servesTheGoodOneBesideAHostileCorpusInARealConsul() throws Exception {
    int registered = 0;
    for (ServiceInstance evil : HostileInstances.of("web")) {
      registered += consul.registers(evil) ? 1 : 0;
    }
    assertThat(registered).isGreaterThan(300);
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      String text = Files.readString(output());
      assertThat(text.lines().filter(line -> !line.startsWith("  server ")))
          .containsExactly("frontend f", "  bind 127.0.84.73:8473", "backend b");
      assertThat(text.lines().filter(line -> line.startsWith("  server ")))
          .contains("  server web-a 198.18.0.1:8080")
          .allMatch(
              line ->
                  line.matches(
                      "  server [A-Za-z0-9][A-Za-z0-9_.-]{0,62} (198\\.18\\.0\\.[0-9]{1,3}|127\\.0\\.0\\.1):[0-9]{1,5}"));
      assertThat(renderer.get("/healthz").getKey()).isEqualTo(200);
      consul.registerWeb("web-b", "198.18.0.2");
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(servers()).contains("web-a", "web-b"));
      assertThat(renderer.log()).doesNotContain("\u001b", "should not happen");
    }
  }

  @Test
  void keepsWhatItKnowsWhileConsulIsAwayAndCatchesUp() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers("web-a");
      consul.pause();
      try {
        await()
            .atMost(Duration.ofSeconds(90))
            .until(() -> renderer.status().get("degraded").getAsBoolean());
        assertThat(renderer.status().get("problems").toString())
            .contains("service web may be out of date");
        awaitServers("web-a");
        assertThat(renderer.get("/healthz").getKey()).isEqualTo(200);
      } finally {
        consul.unpause();
      }
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("web-a", "web-b");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !renderer.status().get("degraded").getAsBoolean());
    }
  }

  @Test
  void keepsThePoolWhenConsulComesBackWithItsDataLost() throws Exception {
    consul.registerWeb("web-b", "198.18.0.2");
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers("web-a", "web-b");
      FileTime written = Files.getLastModifiedTime(output());
      consul.restartWithoutItsData();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> held(renderer).equals("[\"web-a\",\"web-b\"]"));
      consul.registerWeb("web-b", "198.18.0.2");
      await().atMost(Duration.ofSeconds(20)).until(() -> held(renderer).equals("[\"web-a\"]"));
      consul.registerWeb("web-a", "198.18.0.1");
      await().atMost(Duration.ofSeconds(20)).until(() -> held(renderer).isEmpty());
      assertThat(Files.getLastModifiedTime(output())).isEqualTo(written);
      assertThat(renderer.log())
          .contains("Service web: 2 stay in the pool for now", "Service web: its pool is as");
    }
  }

  @Test
  void letsEighteenOfTwentyGoAtOnceWhenTheyDeregister() throws Exception {
    for (int i = 10; i < 29; i++) {
      consul.registerWeb("web-" + i, "198.18.0." + i);
    }
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      for (int i = 10; i < 28; i++) {
        consul.deregister("web-" + i);
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(servers()).containsExactly("web-28", "web-a"));
      assertThat(renderer.log()).doesNotContain("stay in the pool");
    }
  }

  @Test
  void readsItsTemplateAgainAndSurvivesABadEdit() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      template("{{#services.web}}");
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () ->
                  renderer
                      .status()
                      .get("problems")
                      .toString()
                      .contains("t.mustache:1:1: the section services.web is not closed"));
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("web-a", "web-b");
      template("# edited\n" + TEMPLATE);
      awaitFile(() -> Files.readString(output()).startsWith("# edited\n"));
      await().until(() -> !renderer.status().get("degraded").getAsBoolean());
    }
  }

  @Test
  void readsItsTemplateAtAHangUp() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      renderer.signal("HUP");
      awaitFile(() -> renderer.log().contains("t.mustache is the same as before"));
      template("{{#services.web}}");
      renderer.signal("HUP");
      awaitFile(
          () -> renderer.log().contains("t.mustache:1:1: the section services.web is not closed"));
      assertThat(renderer.get("/healthz").getKey()).isEqualTo(200);
      assertThat(renderer.terminate()).isZero();
      assertThat(renderer.log()).endsWith("Stopped\n");
    }
  }

  @Test
  void stopsAtOnceWhenToldTwice() throws Exception {
    // An HAProxy that takes its time: it heeds neither SIGUSR1 nor SIGTERM, and never serves.
    Path stubborn =
        Files.writeString(
            directory.resolve("haproxy"),
            """
            #!/bin/sh
            [ "$1" = -c ] && exit 0
            trap '' USR1 TERM
            echo begun > "$0.begun"
            while :; do sleep 1; done
            """);
    assertThat(stubborn.toFile().setExecutable(true)).isTrue();
    try (RendererProcess renderer = renderer("--haproxy", stubborn.toString())) {
      awaitFile(() -> Files.exists(directory.resolve("haproxy.begun")));
      renderer.signal("TERM");
      awaitFile(() -> renderer.log().contains("Stopping\n"));
      renderer.signal("TERM");
      assertThat(renderer.ends(Duration.ofSeconds(8)))
          .as("below the 25 s that a graceful stop is given")
          .isZero();
      assertThat(renderer.log()).contains("stopping at once").contains("killing it");
    }
  }

  @Test
  void hasABinaryJudgeWhatItWouldWrite() throws Exception {
    // Stands for HAProxy, of which a real one is asked by the test of the package for VMs.
    Path judge =
        Files.writeString(
            directory.resolve("judge"),
            "#!/bin/sh\ngrep -q web-a \"$3\" || { echo \"[ALERT] parsing [$3:1]: no server\"; exit 1; }\n");
    assertThat(judge.toFile().setExecutable(true)).isTrue();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    RootCommand arguments =
        new RootCommand(
            Map.of("CONSUL_HTTP_ADDR", consul.address(), "LB_RENDERER_HAPROXY", judge.toString()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));

    String template = template(TEMPLATE).toString();
    assertThat(arguments.execute("check", "--template", template)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo("HAProxy takes it: 4 lines, services [web], instances left out: 0\n");
    template("frontend f\n");
    assertThat(arguments.execute("check", "--template", template)).isEqualTo(5);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "lb-renderer: HAProxy refuses the configuration: [ALERT] parsing [haproxy.cfg:1]: no server\n");
  }

  @Test
  void rehearsesAndRunsOnce() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RootCommand arguments =
        new RootCommand(
            Map.of("CONSUL_HTTP_ADDR", consul.address()),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            System.err);
    String template = template(TEMPLATE).toString();
    String rendered =
        TEMPLATE.substring(0, TEMPLATE.indexOf("{{")) + "  server web-a 198.18.0.1:8080\n";

    assertThat(arguments.execute("render", "--template", template)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(rendered);
    assertThat(output()).doesNotExist();

    assertThat(arguments.execute("--once", "--template", template, "--output", output().toString()))
        .isZero();
    assertThat(output()).hasContent(rendered);
    assertThat(arguments.execute("--once", "--template", template, "--output", output().toString()))
        .isZero();
    assertThat(
            arguments.execute(
                "--once",
                "--template",
                template,
                "--output",
                output().toString(),
                "--master-socket",
                directory.resolve("none.sock").toString()))
        .as("no HAProxy answers")
        .isEqualTo(7);
  }
}
