package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.ecwid.EcwidConsul;
import dev.rollcall.discovery.internal.tls.ReloadingSslContext;
import dev.rollcall.discovery.internal.tls.TestAuthority;
import dev.rollcall.test.ConsulContainer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers of this process, registered under the address at which the agent reaches them. */
class ProbesIT {

  private static final CheckSchedule OFTEN =
      CheckSchedule.every(Duration.ofSeconds(1)).timeout(Duration.ofSeconds(1));
  private static final ConsulContainer consul = new ConsulContainer();
  private static String here = "";

  private final List<Integer> sizes = new CopyOnWriteArrayList<>();
  private final AtomicInteger successes = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private final AtomicInteger toFail = new AtomicInteger();
  private Discovery discovery;
  @TempDir private Path dir;

  @BeforeAll
  static void start() {
    consul.start();
    here = consul.gateway();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @BeforeEach
  void connect() {
    discovery = Discovery.connect(options());
  }

  @AfterEach
  void close() {
    discovery.close();
  }

  /** Straight, so that the address that routes to the agent is one that the agent reaches. */
  private static ConsulOptions options() {
    return optionsOf(consul)
        .address(URI.create("http://" + consul.networkAddress() + ":8500"))
        .build();
  }

  private Watch watch(String name) {
    return discovery.watch(
        ServiceQuery.service(name), snapshot -> sizes.add(snapshot.instances().size()));
  }

  private static boolean finds(Watch watch) {
    return watch.current().map(now -> !now.instances().isEmpty()).orElse(false);
  }

  private Path certify() {
    TestAuthority authority = new TestAuthority("ca");
    return authority.issue("probed", here).writeTo(dir, "probed");
  }

  /** Fails as many probes as it is told to. */
  private HttpServer serve(HttpServer server) {
    server.createContext(
        "/",
        exchange -> {
          boolean fails = toFail.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
          (fails ? failures : successes).incrementAndGet();
          exchange.sendResponseHeaders(fails ? 500 : 200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private HttpServer http() throws IOException {
    return serve(HttpServer.create(new InetSocketAddress(here, 0), 0));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGrpcServiceIsFoundWhileItSaysThatItServes(boolean tls) {
    Path files = certify();
    try (GrpcHealthServer server =
        new GrpcHealthServer(
            here,
            "shop.Cart",
            builder ->
                tls
                    ? builder.useTransportSecurity(
                        files.resolve("probed.pem").toFile(),
                        files.resolve("probed-key.pem").toFile())
                    : builder)) {
      HealthCheck.Grpc check = HealthCheck.grpc().service("shop.Cart").schedule(OFTEN);
      String name = tls ? "grpcs" : "grpc";
      Watch watch = watch(name);
      Registration registration =
          discovery.register(
              ServiceDefinition.named(name)
                  .port(server.port())
                  .check(tls ? check.overTls().skippingVerification() : check)
                  .build());
      await().until(() -> finds(watch));
      await().until(() -> registration.state() == RegistrationState.PASSING);
      server.serve(false);
      await().until(() -> !finds(watch));
      server.serve(true);
      await().until(() -> finds(watch));
    }
  }

  @Test
  void anHttpsServiceIsFoundIfTheAgentTrustsItsCertificate() throws IOException {
    Path files = certify();
    ReloadingSslContext tls =
        new ReloadingSslContext(
            Optional.empty(),
            Optional.empty(),
            Optional.of(files.resolve("probed.pem")),
            Optional.of(files.resolve("probed-key.pem")),
            Optional.empty(),
            true);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(here, 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls.context()));
    serve(server);
    try {
      HealthCheck.Http check = HealthCheck.https("/health").schedule(OFTEN);
      ServiceDefinition.Builder trusting = ServiceDefinition.named("trusted");
      ServiceDefinition.Builder wary = ServiceDefinition.named("wary");
      int port = server.getAddress().getPort();
      Watch trusted = watch("trusted");
      discovery.register(trusting.port(port).check(check.skippingVerification()).build());
      discovery.register(wary.port(port).check(check).build());
      await().until(() -> finds(trusted));
      await().until(() -> consul.get("/v1/agent/checks?filter=ServiceName==wary").contains("x509"));
      assertThat(consul.passing("wary")).isEqualToIgnoringWhitespace("[]");

      toFail.set(Integer.MAX_VALUE);
      await().until(() -> !finds(trusted));
    } finally {
      server.stop(0);
    }
  }

  @Test
  void soManyProbesInARowMustSucceedOrFailBeforeTheStatusChanges() throws IOException {
    HttpServer server = http();
    try {
      Watch watch = watch("patient");
      discovery.register(
          ServiceDefinition.named("patient")
              .port(server.getAddress().getPort())
              .check(HealthCheck.http("/health").schedule(OFTEN.thresholds(3, 2)))
              .build());
      // The first probe of all decides at once.
      await().until(() -> finds(watch));

      int known = sizes.size();
      int soFar = successes.get();
      toFail.set(1);
      await().until(() -> failures.get() == 1 && successes.get() >= soFar + 3);
      assertThat(sizes).as("one failure alone changes nothing").hasSize(known);

      toFail.set(2);
      await().until(() -> !finds(watch));
      assertThat(failures.get()).as("probes that failed, in all").isEqualTo(3);
      int since = successes.get();
      await().until(() -> finds(watch));
      assertThat(successes.get() - since).as("probes until it passed").isGreaterThanOrEqualTo(3);
    } finally {
      server.stop(0);
    }
  }

  /** Registered by nobody who would register again what Consul removes. */
  @Test
  void aServiceIsRemovedWhenItHasBeenCriticalForAsLongAsWasSaid() throws IOException {
    HttpServer server = http();
    toFail.set(Integer.MAX_VALUE);
    Duration minute = Duration.ofMinutes(1);
    try (EcwidConsul direct = new EcwidConsul(options(), 2)) {
      int port = server.getAddress().getPort();
      List<ServiceDefinition> definitions =
          List.of(
              definition("silent", port, HealthCheck.ttl(Duration.ofSeconds(1))),
              definition(
                  "sick",
                  port,
                  HealthCheck.http("/health").schedule(OFTEN.deregisterAfter(minute))),
              definition(
                  "kept",
                  port,
                  HealthCheck.http("/health")
                      .schedule(OFTEN.deregisterAfter(Duration.ofHours(1)))));
      long began = System.nanoTime();
      for (ServiceDefinition each : definitions) {
        assertThat(
                direct
                    .agent()
                    .register(new AgentServiceRegistration(each, "1"), HealthStatus.CRITICAL))
            .isInstanceOf(Result.Ok.class);
      }
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(500))
          .until(() -> !lists("silent") && !lists("sick"));
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(minute);
      assertThat(lists("kept")).isTrue();
      direct.agent().deregister("kept", "1", Duration.ofSeconds(5));
    } finally {
      server.stop(0);
    }
  }

  private static ServiceDefinition definition(String name, int port, HealthCheck check) {
    return ServiceDefinition.named(name).id(name).port(port).check(check).build();
  }

  private static boolean lists(String id) {
    return consul.get("/v1/agent/services").contains('"' + id + '"');
  }
}
