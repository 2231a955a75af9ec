package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.TlsOptions;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.Result.Done;
import dev.rollcall.discovery.internal.tls.TestAuthority;
import dev.rollcall.discovery.internal.tls.TestAuthority.Issued;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent that speaks TLS only, and only with those who have a certificate. */
class TlsTest {

  private final TestAuthority authority = new TestAuthority("ca one");
  @TempDir private Path dir;
  private Path ca;
  private StubConsul stub;

  @BeforeEach
  void start() throws IOException {
    ca = TestAuthority.write(dir.resolve("ca.pem"), authority.certificate());
    authority.issue("client").writeTo(dir, "client");
    stub = agent(0, authority, "127.0.0.1");
  }

  @AfterEach
  void stop() {
    stub.close();
  }

  private StubConsul agent(int port, TestAuthority by, String... names) throws IOException {
    Path own = Files.createTempDirectory(dir, "agent");
    Path trusted = TestAuthority.write(own.resolve("ca.pem"), by.certificate());
    by.issue("agent", names).writeTo(own, "agent");
    TlsOptions files =
        TlsOptions.defaults()
            .caFile(trusted)
            .client(own.resolve("agent.pem"), own.resolve("agent-key.pem"));
    StubConsul agent = new StubConsul(port, EcwidConsul.sslContext(files).context());
    agent.replies(StubConsul.once(StubConsul.status(200, "")));
    return agent;
  }

  private TlsOptions mutual() {
    return trusting().client(dir.resolve("client.pem"), dir.resolve("client-key.pem"));
  }

  private TlsOptions trusting() {
    return TlsOptions.defaults().caFile(ca);
  }

  private EcwidConsul consul(TlsOptions tls) {
    return new EcwidConsul(stub.options().tls(tls).build(), 1);
  }

  private Result<Done> heartbeat(TlsOptions tls) {
    EcwidConsul consul = consul(tls);
    Result<Done> answer = consul.agent().heartbeat("web-1", HealthReport.passing());
    consul.close();
    return answer;
  }

  private static ConsulFailure failure(Result<?> answer) {
    assertThat(answer).isInstanceOf(Result.Failed.class);
    return ((Result.Failed<?>) answer).failure();
  }

  @Test
  void bothSidesShowTheirCertificates() {
    assertThat(heartbeat(mutual())).isInstanceOf(Result.Ok.class);
  }

  @Test
  void theContextMayBeTheApplications() throws IOException {
    TlsOptions absent = TlsOptions.defaults().caFile(dir.resolve("absent.pem"));
    EcwidConsul consul =
        new EcwidConsul(
            stub.options()
                .tls(absent)
                .sslContext(EcwidConsul.sslContext(mutual()).context())
                .build(),
            1);
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    consul.close();
  }

  @Test
  void theApplicationsContextDoesNotExcuseAnotherName() throws IOException {
    EcwidConsul consul =
        new EcwidConsul(
            stub.options()
                .tls(TlsOptions.defaults().serverName("other.dc1.consul"))
                .sslContext(EcwidConsul.sslContext(mutual()).context())
                .build(),
            1);
    assertThat(failure(consul.agent().heartbeat("web-1", HealthReport.passing())).message())
        .contains("other.dc1.consul");
    consul.close();
  }

  @Test
  void authoritiesMayBeInADirectory() throws IOException {
    Path several = Files.createDirectory(dir.resolve("cas"));
    TestAuthority.write(several.resolve("a.pem"), new TestAuthority("other").certificate());
    TestAuthority.write(several.resolve("b.pem"), authority.certificate());
    TestAuthority.write(several.resolve(".hidden"), "not PEM");
    TlsOptions files =
        TlsOptions.defaults()
            .caPath(several)
            .client(dir.resolve("client.pem"), dir.resolve("client-key.pem"));
    assertThat(heartbeat(files)).isInstanceOf(Result.Ok.class);
  }

  @Test
  void anAgentThatWantsACertificateRefusesThoseWithout() {
    assertThat(failure(heartbeat(trusting())).kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(stub.sent()).isEmpty();
  }

  @Test
  void anAgentOfAnotherAuthorityIsSentNothing() {
    TestAuthority.write(ca, new TestAuthority("other").certificate());
    ConsulFailure failure = failure(heartbeat(mutual()));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure.message()).contains("SSLHandshakeException", "PKIX path");
    assertThat(stub.sent()).isEmpty();
  }

  @Test
  void theJvmsAuthoritiesCountWhereNoneIsNamed() {
    TlsOptions files =
        TlsOptions.defaults().client(dir.resolve("client.pem"), dir.resolve("client-key.pem"));
    assertThat(failure(heartbeat(files)).message()).contains("PKIX path");
  }

  @Test
  void theAgentMustHaveTheRightName() throws IOException {
    int port = stub.address().getPort();
    stub.close();
    stub = agent(port, authority, "server.dc1.consul");
    ConsulFailure failure = failure(heartbeat(mutual()));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure.message()).contains("127.0.0.1", "server.dc1.consul");
    assertThat(stub.sent()).isEmpty();

    assertThat(heartbeat(mutual().serverName("server.dc1.consul"))).isInstanceOf(Result.Ok.class);
    assertThat(failure(heartbeat(mutual().serverName("server.dc2.consul"))).kind())
        .isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void withoutVerificationAnyAgentWillDoAndTheLogSaysSo() throws IOException {
    int port = stub.address().getPort();
    stub.close();
    stub = agent(port, authority, "server.dc1.consul");
    TestAuthority.write(ca, new TestAuthority("other").certificate());
    try (LogCapture logged = new LogCapture()) {
      assertThat(heartbeat(mutual().withoutVerification())).isInstanceOf(Result.Ok.class);
      assertThat(logged.lines())
          .containsExactly(
              "WARN Consul at "
                  + stub.address()
                  + ": its certificate is not checked, as asked for");
    }
  }

  @Test
  void filesAreRotatedOneAfterTheOtherWithoutARestart() throws IOException {
    EcwidConsul consul = consul(mutual());
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);

    TestAuthority next = new TestAuthority("ca two");
    Issued client = next.issue("client");
    try (LogCapture logged = new LogCapture()) {
      TestAuthority.write(ca, authority.certificate() + next.certificate());
      TestAuthority.write(dir.resolve("client.pem"), client.certificate());
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .as("by what was")
          .isInstanceOf(Result.Ok.class);
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .as("by what was")
          .isInstanceOf(Result.Ok.class);
      assertThat(logged.lines())
          .containsExactly(
              "WARN TLS: CONSUL_CLIENT_KEY: cannot use "
                  + dir.resolve("client-key.pem")
                  + ": it is not the key of the certificate in "
                  + dir.resolve("client.pem")
                  + "; name a readable PEM file of an RSA or EC key without a pass phrase; going on"
                  + " with what was read before");

      TestAuthority.write(dir.resolve("client-key.pem"), client.key());
      int port = stub.address().getPort();
      stub.close();
      stub = agent(port, next, "127.0.0.1");
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      assertThat(logged.lines().subList(1, logged.lines().size()))
          .containsExactly(
              "INFO TLS: the files can be used again",
              "INFO TLS: the files have changed; new connections use what they hold now");
    }
    consul.close();
  }

  @Test
  void anAuthorityThatIsTakenOutIsTrustedNoLonger() throws IOException {
    EcwidConsul consul = consul(mutual());
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    TestAuthority.write(ca, new TestAuthority("ca two").certificate());
    assertThat(failure(consul.agent().heartbeat("web-1", HealthReport.passing())).message())
        .contains("PKIX path");
    consul.close();
  }

  @Test
  void filesThatWereLostBeforeTheFirstConnectionAreAFailureAsAnyOther() throws IOException {
    EcwidConsul consul = consul(mutual());
    Files.delete(ca);
    ConsulFailure failure = failure(consul.agent().heartbeat("web-1", HealthReport.passing()));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure.message())
        .contains("CONSUL_CACERT: cannot use " + ca + ": there is no such");

    TestAuthority.write(ca, authority.certificate());
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    consul.close();
  }

  @Test
  void noLogShowsAKey() throws IOException {
    String key = Files.readString(dir.resolve("client-key.pem"));
    try (LogCapture all = new LogCapture("ROOT", Level.TRACE)) {
      assertThat(heartbeat(mutual())).isInstanceOf(Result.Ok.class);
      EcwidConsul consul = consul(mutual());
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      TestAuthority.write(dir.resolve("client-key.pem"), key.replace("END", "ENT"));
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      consul.close();
      assertThat(all.lines()).isNotEmpty();
      assertThat(all.lines()).noneMatch(line -> line.contains(key.lines().toList().get(1)));
    }
  }

  @Test
  void closingEndsABlockedQueryWithin100Milliseconds() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    stub.replies(
        exchange -> {
          asked.countDown();
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    EcwidConsul consul = consul(mutual());
    BlockingQuery<Snapshot> blockingQuery = consul.instances(ServiceQuery.service("web"));
    CompletableFuture<Result<QueryResult<Snapshot>>> blocked =
        CompletableFuture.supplyAsync(() -> blockingQuery.run(OptionalLong.of(5)));
    assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

    long began = System.nanoTime();
    blockingQuery.close();
    assertThat(failure(blocked.get(100, TimeUnit.MILLISECONDS)).kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofMillis(100));
    never.countDown();
    consul.close();
  }

  @Test
  void anAgentThatNeverShakesHandsIsGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      ConsulOptions options =
          ConsulOptions.builder()
              .address(URI.create("https://127.0.0.1:" + silent.getLocalPort()))
              .connectTimeout(Duration.ofMillis(200))
              .tls(mutual())
              .build();
      EcwidConsul consul = new EcwidConsul(options, 1);
      CompletableFuture<Result<Done>> heartbeat =
          CompletableFuture.supplyAsync(
              () -> consul.agent().heartbeat("web-1", HealthReport.passing()));
      assertThat(failure(heartbeat.get(5, TimeUnit.SECONDS)).kind()).isEqualTo(Kind.UNAVAILABLE);
      consul.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void hostNamesMayHaveAnUnderscore(String scheme) {
    // Nobody has this name; what matters is that it is looked up, and not refused.
    ConsulOptions options =
        ConsulOptions.builder()
            .address(URI.create(scheme + "://my_consul.invalid:8500"))
            .tls(mutual())
            .build();
    EcwidConsul consul = new EcwidConsul(options, 1);
    assertThat(failure(consul.agent().heartbeat("web-1", HealthReport.passing())).message())
        .contains("UnknownHostException", "my_consul.invalid");
    consul.close();
  }
}
