package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.test.ConsulContainer;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The runnable jar as its users run it, against a real Consul. */
class WebNodeIT {

  private static final Duration STOP_GRACE = Duration.ofSeconds(30);

  private static ConsulContainer consul;

  @BeforeAll
  static void startConsul() {
    consul = new ConsulContainer();
    consul.start();
  }

  @AfterAll
  static void stopConsul() {
    consul.stop();
  }

  @Test
  void registersThePortThatItBoundAndPasses() throws Exception {
    try (NodeProcess node = node("bound", "SERVICE_TAGS", "java, eu")) {
      await().untilAsserted(() -> assertThat(consul.passing("bound")).contains(node.id()));

      assertThat(consul.passing("bound").replaceAll("\\s+", ""))
          .contains("\"Port\":" + node.port() + ",", "\"Tags\":[\"java\",\"eu\"]");
      assertThat(node.port()).isPositive();
      assertThat(node.id()).endsWith("-" + node.port());
      assertThat(node.get("/").body()).isEqualTo(ServiceDefinition.hostName() + "\n");
      assertThat(node.get("/health").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void isGoneFromTheCatalogWhileItStillAnswersAndThenExitsZero() throws Exception {
    try (NodeProcess node = node("leaves", "DRAIN_QUIET", "3s")) {
      await().until(() -> consul.registered("leaves").equals(List.of(node.id())));
      node.get("/");

      node.sigterm();
      await()
          .pollInterval(Duration.ofMillis(20))
          .atMost(Duration.ofSeconds(2))
          .until(() -> consul.registered("leaves").isEmpty());
      HttpResponse<String> page = node.get("/");
      HttpResponse<String> health = node.get("/health");

      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Connection")).hasValue("close");
      assertThat(health.statusCode()).isEqualTo(503);
      assertThat(health.body()).isEqualTo("leaving\n");
      assertThat(node.exitCode(STOP_GRACE)).isZero();
      assertThat(node.err()).isEmpty();
      assertThat(consul.registered("leaves")).isEmpty();
    }
  }

  @Test
  void doesNotWaitForQuietAfterASecondSignal() throws Exception {
    try (NodeProcess node = node("hurried", "DRAIN_QUIET", "5m", "DRAIN_LIMIT", "5m")) {
      await().until(() -> consul.registered("hurried").size() == 1);

      node.sigterm();
      await().until(() -> consul.registered("hurried").isEmpty());
      assertThat(node.isAlive()).isTrue();
      node.sigterm();

      assertThat(node.exitCode(Duration.ofSeconds(15))).isZero();
    }
  }

  @Test
  void servesWithoutConsulAndJoinsWhenItComes() throws Exception {
    int port = ConsulContainer.freePort();
    try (NodeProcess node = node("early", "CONSUL_HTTP_ADDR", "127.0.0.1:" + port)) {
      assertThat(node.get("/").statusCode()).isEqualTo(200);
      assertThat(node.get("/health").statusCode()).isEqualTo(200);

      try (ConsulContainer late = new ConsulContainer(port)) {
        late.start();
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(() -> assertThat(late.passing("early")).contains(node.id()));
      }
    }
  }

  @Test
  void exitsZeroInTimeThoughConsulIsAbsent() throws Exception {
    try (NodeProcess node =
        node("alone", "CONSUL_HTTP_ADDR", "127.0.0.1:" + ConsulContainer.freePort())) {
      assertThat(node.get("/").statusCode()).isEqualTo(200);

      node.sigterm();

      assertThat(node.exitCode(STOP_GRACE)).isZero();
    }
  }

  @Test
  void exitsZeroInTimeThoughConsulIsSilent() throws Exception {
    try (ConsulContainer silent = new ConsulContainer()) {
      silent.start();
      try (NodeProcess node = node("patient", "CONSUL_HTTP_ADDR", address(silent))) {
        await().until(() -> silent.registered("patient").size() == 1);
        silent.pause();

        node.sigterm();

        assertThat(node.exitCode(STOP_GRACE)).isZero();
      }
    }
  }

  @Test
  void logsOneLineForEachEventAndNoNoise() throws Exception {
    try (NodeProcess node = node("logged")) {
      await().until(() -> consul.registered("logged").size() == 1);
      node.get("/");
      node.get("/nothing");
      node.sigterm();
      assertThat(node.exitCode(STOP_GRACE)).isZero();

      assertThat(node.out())
          .allMatch(
              line ->
                  line.matches(
                      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  \\S+ \\S.*"))
          .hasSizeBetween(3, 12);
      assertThat(node.err()).isEmpty();
    }
  }

  @Test
  void refusesABadPortInOneLine() throws Exception {
    try (NodeProcess node = node("bad", "PORT", "eighty")) {
      assertThat(node.exitCode(STOP_GRACE)).isEqualTo(2);
      assertThat(node.err())
          .containsExactly("web-node: PORT is \"eighty\" but must be: 0 (any free port) to 65535");
      assertThat(node.out()).isEmpty();
    }
  }

  @Test
  void refusesABadConsulAddressInOneLine() throws Exception {
    try (NodeProcess node = node("bad", "CONSUL_HTTP_ADDR", "consul:8500:8500")) {
      assertThat(node.exitCode(STOP_GRACE)).isEqualTo(2);
      assertThat(node.err()).singleElement().asString().startsWith("web-node: CONSUL_HTTP_ADDR ");
    }
  }

  @Test
  void saysThatThePortIsTaken() throws Exception {
    try (ServerSocketChannel taken = NodeServer.listen(new InetSocketAddress(0));
        NodeProcess node = node("late", "PORT", "" + taken.socket().getLocalPort())) {
      assertThat(node.exitCode(STOP_GRACE)).isEqualTo(4);
      assertThat(node.err()).singleElement().asString().startsWith("web-node: port ");
      assertThat(consul.registered("late")).isEmpty();
    }
  }

  @Test
  void tellsItsHelpAndVersion() throws Exception {
    try (NodeProcess help = new NodeProcess(Map.of(), "--help");
        NodeProcess version = new NodeProcess(Map.of(), "--version")) {
      assertThat(help.exitCode(STOP_GRACE)).isZero();
      assertThat(help.out()).contains("Exit codes:");
      assertThat(version.exitCode(STOP_GRACE)).isZero();
      assertThat(version.out()).singleElement().asString().matches("web-node \\d+\\.\\d+\\.\\d+.*");
    }
  }

  /** As the variable often is: without a scheme. */
  private static String address(ConsulContainer of) {
    return of.address().getAuthority();
  }

  /** A node of its own service, on any free port, with the given variables on top. */
  private static NodeProcess node(String service, String... variables) throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("PORT", "0");
    environment.put("SERVICE_NAME", service);
    environment.put("CONSUL_HTTP_ADDR", address(consul));
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return new NodeProcess(environment);
  }
}
