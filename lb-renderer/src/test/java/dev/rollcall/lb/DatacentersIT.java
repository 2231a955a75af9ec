package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

/** The renderer with two datacenters that are joined over the WAN; the file is all it writes. */
class DatacentersIT {
  private static final String TEMPLATE =
      """
      frontend f
        bind 127.0.84.74:8474
      backend here
      {{#services.web}}
        server {{name}} {{address}}:{{port}}
      {{/services.web}}
      backend there
      {{#services.web@dc2}}
        server {{name}} {{address}}:{{port}} # {{datacenter}}
      {{/services.web@dc2}}
      """;

  private static final String HERE = "web-1 198.18.0.1:8080";
  private static final String THERE = "web-2 203.0.113.2:8443";
  private static final Duration AWHILE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private final Network network =
      Network.builder()
          .createNetworkCmdModifier(
              create ->
                  create.withLabels(
                      Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))))
          .build();
  private final ConsulContainer one = new ConsulContainer().inDatacenter("dc1", network);
  private final ConsulContainer two = new ConsulContainer().inDatacenter("dc2", network, "dc1");

  @BeforeEach
  void start() {
    Startables.deepStart(one, two).join();
    await().atMost(AWHILE).until(() -> one.get("/v1/catalog/datacenters").contains("dc2"));
    one.registerWeb("web-1", "198.18.0.1");
    two.register(
        """
        {"Name":"web","ID":"web-2","Address":"198.18.0.2","Port":8080,
         "TaggedAddresses":{"wan":{"Address":"203.0.113.2","Port":8443}}}""");
  }

  @AfterEach
  void stop() {
    one.stop();
    two.stop();
    network.close();
  }

  private RendererProcess renderer(String... more) throws Exception {
    Path template = Files.writeString(directory.resolve("t.mustache"), TEMPLATE);
    List<String> arguments =
        new java.util.ArrayList<>(
            List.of(
                "--template=" + template,
                "--output=" + output(),
                "--listen=127.0.0.1:0",
                "--wait-for-first=60"));
    arguments.addAll(List.of(more));
    return new RendererProcess(
        directory, Map.of("CONSUL_HTTP_ADDR", one.address()), arguments.toArray(String[]::new));
  }

  private Path output() {
    return directory.resolve("haproxy.cfg");
  }

  private void awaitServers(String... lines) {
    await()
        .atMost(AWHILE)
        .ignoreException(NoSuchFileException.class)
        .untilAsserted(
            () ->
                assertThat(
                        Files.readAllLines(output()).stream()
                            .filter(line -> line.contains("server ") || line.contains("backend"))
                            .map(line -> line.strip().replaceFirst("^server ", "")))
                    .containsExactly(lines));
  }

  @Test
  void servesThoseOfAnotherDatacenterAtTheirWanAddressAndFallsBackToThem() throws Exception {
    try (RendererProcess renderer =
        renderer(
            "--tagged-address=none,web@dc2=wan",
            "--guard-policy=hold,web=fallback:web@dc2",
            "--guard-grace=1s")) {
      renderer.awaitReady();
      awaitServers("backend here", HERE, "backend there", THERE + " # dc2");
      one.deregister("web-1");
      awaitServers("backend here", THERE, "backend there", THERE + " # dc2");
      one.registerWeb("web-1", "198.18.0.1");
      awaitServers("backend here", HERE, "backend there", THERE + " # dc2");
      two.deregister("web-2");
      awaitServers("backend here", HERE, "backend there");
      assertThat(renderer.status().get("degraded").getAsBoolean()).isFalse();
    }
  }

  @Test
  void keepsWhatItKnowsOfADatacenterThatIsLostAndFollowsItsOwn() throws Exception {
    try (RendererProcess renderer = renderer()) {
      renderer.awaitReady();
      awaitServers("backend here", HERE, "backend there", "web-2 198.18.0.2:8080 # dc2");
      two.stop();
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () ->
                  assertThat(renderer.status().get("problems").toString())
                      .contains("service web@dc2 may be out of date"));
      one.registerWeb("web-3", "198.18.0.3");
      awaitServers(
          "backend here",
          HERE,
          "web-3 198.18.0.3:8080",
          "backend there",
          "web-2 198.18.0.2:8080 # dc2");
      assertThat(renderer.status().get("problems").toString())
          .doesNotContain("service web may be out of date");
    }
  }
}
