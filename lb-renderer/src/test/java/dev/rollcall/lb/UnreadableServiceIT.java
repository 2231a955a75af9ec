package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that the token may not read is no trouble of the others, nor of its own pool. */
class UnreadableServiceIT {
  private static final String READS_BOTH = "11111111-2222-3333-4444-555555555551";
  private static final String READS_WEB = "11111111-2222-3333-4444-555555555552";

  @TempDir Path directory;

  private final ConsulContainer consul = new ConsulContainer().withAcl();

  @BeforeEach
  void start() throws IOException {
    consul.start();
    await().ignoreExceptions().until(() -> tokens());
    consul.registerWeb("web-a", "198.18.0.1");
    consul.register(
        "{\"Name\": \"pay\", \"ID\": \"pay-a\", \"Address\": \"198.18.1.1\", \"Port\": 8080}");
    template("web", "pay");
  }

  private boolean tokens() {
    consul.tokenToRead(READS_BOTH, "web", "pay");
    consul.tokenToRead(READS_WEB, "web");
    return true;
  }

  @AfterEach
  void stop() {
    consul.stop();
  }

  private void template(String... services) throws IOException {
    StringBuilder text = new StringBuilder("frontend f\n  bind :80\n");
    for (String service : services) {
      text.append("backend " + service + "\n{{#services." + service + "}}\n");
      text.append("  server {{name}} {{address}}:{{port}}\n{{/services." + service + "}}\n");
    }
    Files.writeString(directory.resolve("t.mustache"), text);
  }

  private RendererProcess renderer(String token) throws IOException {
    return new RendererProcess(
        directory,
        Map.of("CONSUL_HTTP_ADDR", consul.address(), "CONSUL_HTTP_TOKEN", token),
        "--template",
        directory.resolve("t.mustache").toString(),
        "--output",
        directory.resolve("haproxy.cfg").toString(),
        "--listen",
        "127.0.0.1:0",
        "--wait-for-first",
        "3");
  }

  private void awaitServers(String... names) {
    await()
        .atMost(Duration.ofSeconds(60))
        .ignoreException(java.nio.file.NoSuchFileException.class)
        .until(
            () ->
                Files.readString(directory.resolve("haproxy.cfg"))
                    .lines()
                    .filter(line -> line.contains("server "))
                    .map(line -> line.replaceFirst("^\\s*server (\\S+) .*$", "$1"))
                    .toList()
                    .equals(List.of(names)));
  }

  @Test
  void keepsItsPoolOfTheLastRunAndFollowsTheOthers() throws Exception {
    try (RendererProcess renderer = renderer(READS_BOTH)) {
      awaitServers("web-a", "pay-a");
      await().until(() -> Files.exists(directory.resolve("haproxy.cfg.pools")));
      assertThat(renderer.terminate()).isZero();
    }
    try (RendererProcess renderer = renderer(READS_WEB)) {
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("web-a", "web-b", "pay-a");
      renderer.awaitReady();
      assertThat(renderer.get("/readyz").getValue())
          .contains("service pay: Consul has not answered for it")
          .contains("servers of an earlier run");
      assertThat(renderer.status().get("problems").toString()).contains("service pay");
    }
  }

  @Test
  void isWaitedForAfterAnEditWhileTheOthersAreFollowed() throws Exception {
    template("web");
    try (RendererProcess renderer = renderer(READS_WEB)) {
      awaitServers("web-a");
      template("web", "pay");
      consul.registerWeb("web-b", "198.18.0.2");
      awaitServers("web-a", "web-b");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> Files.readString(directory.resolve("haproxy.cfg")).contains("backend pay"));
      consul.deregister("web-a");
      awaitServers("web-b");
      assertThat(renderer.get("/readyz").getKey()).isEqualTo(200);
    }
  }
}
