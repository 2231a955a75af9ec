package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.examples.SecuredAgents;
import dev.rollcall.discovery.internal.tls.TestAuthority;
import dev.rollcall.test.ConsulContainer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;

/** An agent that speaks TLS only, and only with those who have a certificate. */
@Tag("every-consul")
class TlsIT {

  private static final Duration AWHILE = Duration.ofSeconds(30);
  private static final String CONFIGURATION =
      """
      {"ports":{"http":-1,"https":8500,"grpc":-1},"verify_incoming_https":true,\
      "ca_file":"/consul/config/ca.pem","cert_file":"/consul/config/agent.pem",\
      "key_file":"/consul/config/agent-key.pem"}""";

  private final TestAuthority one = new TestAuthority("ca one");
  private final TestAuthority two = new TestAuthority("ca two");
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger heartbeats = new AtomicInteger();
  private final DiscoveryListener recording =
      new DiscoveryListener() {
        @Override
        public void registrationFailed(String id, ConsulFailure failure) {
          failures.add(failure.message());
        }

        @Override
        public void heartbeatConfirmed(String id, Duration took) {
          heartbeats.incrementAndGet();
        }
      };
  private final ConsulContainer agent = new ConsulContainer("-dev").configured(CONFIGURATION);
  @TempDir private Path dir;

  @BeforeEach
  void start() {
    certify(one);
    // Nobody without a certificate can ask whether it is there.
    agent.waitingFor(Wait.forLogMessage(".*Synced node info.*", 1));
    agent.start();
    TestAuthority.write(dir.resolve("ca.pem"), one.certificate());
    one.issue("client").writeTo(dir, "client");
  }

  @AfterEach
  void stop() {
    agent.stop();
  }

  private void certify(TestAuthority by) {
    TestAuthority.Issued own = by.issue("agent", "server.dc1.consul");
    Map<String, String> files =
        Map.of("ca", by.certificate(), "agent", own.certificate(), "agent-key", own.key());
    files.forEach(
        (name, text) -> {
          String path = "/consul/config/" + name + ".pem";
          if (agent.isCreated()) {
            agent.copyFileToContainer(Transferable.of(text), path);
          } else {
            agent.withCopyToContainer(Transferable.of(text), path);
          }
        });
  }

  private ConsulOptions options(Map<String, String> more) {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "CONSUL_HTTP_ADDR",
                agent.address().getAuthority(),
                "CONSUL_HTTP_SSL",
                "true",
                "CONSUL_CACERT",
                dir.resolve("ca.pem").toString(),
                "CONSUL_TLS_SERVER_NAME",
                "server.dc1.consul"));
    environment.putAll(more);
    return ConsulOptions.builder(environment)
        .listener(recording)
        .waitTime(Duration.ofSeconds(5))
        .build();
  }

  private ConsulOptions mutual() {
    return options(
        Map.of(
            "CONSUL_CLIENT_CERT", dir.resolve("client.pem").toString(),
            "CONSUL_CLIENT_KEY", dir.resolve("client-key.pem").toString()));
  }

  private static ServiceDefinition definition() {
    return ServiceDefinition.named("web")
        .id("web-1")
        .port(8080)
        .check(HealthCheck.ttl(Duration.ofSeconds(6)))
        .build();
  }

  private static boolean isWell(Watch watch) {
    return !watch.stale() && watch.current().map(now -> now.instances().size() == 1).orElse(false);
  }

  @Test
  void aServiceRegistersAndIsWatchedOverMutualTls() {
    assertThat(mutual().address())
        .isEqualTo(URI.create("https://" + agent.address().getAuthority()));
    try (Discovery discovery = Discovery.connect(mutual())) {
      Registration registration = discovery.register(definition());
      Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
      await().atMost(AWHILE).until(() -> isWell(watch));
      assertThat(registration.leave()).isTrue();
      assertThat(failures).isEmpty();
    }
  }

  @Test
  void theSameSaidInCodeAndTheSecondAgentTakesAServiceWhereTheFirstIsNotThere() {
    URI nobody = URI.create("https://127.0.0.1:" + ConsulContainer.freePort());
    URI there = URI.create("https://" + agent.address().getAuthority());
    try (Discovery discovery =
        Discovery.connect(SecuredAgents.options(List.of(nobody, there), dir))) {
      Registration registration = discovery.register(definition());
      Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
      await().atMost(AWHILE).until(() -> isWell(watch));
      assertThat(registration.leave()).as("the first never took a connection").isTrue();
      await().atMost(AWHILE).until(() -> watch.current().orElseThrow().instances().isEmpty());
    }
  }

  @Test
  void withoutACertificateNobodyGetsIn() {
    try (Discovery discovery = Discovery.connect(options(Map.of()))) {
      Registration registration = discovery.register(definition());
      await().atMost(AWHILE).until(() -> failures.size() >= 3);
      assertThat(failures).anyMatch(message -> message.contains("alert"));
      assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);
    }
  }

  @Test
  void certificatesAreRotatedWithoutARestartAndTheOldAuthorityCountsNoMore() throws Exception {
    try (Discovery discovery = Discovery.connect(mutual())) {
      Registration registration = discovery.register(definition());
      Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
      await().atMost(AWHILE).until(() -> isWell(watch));

      TestAuthority.write(dir.resolve("ca.pem"), one.certificate() + two.certificate());
      two.issue("client").writeTo(dir, "client");
      certify(two);
      agent.restart();
      int soFar = heartbeats.get();
      await().atMost(AWHILE).until(() -> heartbeats.get() > soFar);
      await().atMost(AWHILE).until(() -> isWell(watch));

      TestAuthority.write(dir.resolve("ca.pem"), two.certificate());
      certify(one);
      agent.restart();
      await()
          .atMost(AWHILE)
          .until(() -> failures.stream().anyMatch(message -> message.contains("PKIX path")));
      certify(two);
      agent.restart();
      await().atMost(AWHILE).until(() -> registration.state() == RegistrationState.PASSING);
      await().atMost(AWHILE).until(() -> isWell(watch));

      String key = Files.readString(dir.resolve("client-key.pem")).lines().toList().get(1);
      assertThat(failures).noneMatch(message -> message.contains(key));
    }
  }
}
