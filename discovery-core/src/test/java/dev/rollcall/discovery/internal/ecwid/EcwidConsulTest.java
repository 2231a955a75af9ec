package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import com.ecwid.consul.v1.ConsulRawClient;
import com.sun.net.httpserver.HttpExchange;
import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.CheckSchedule;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.HealthReport;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.AgentApi.AgentService;
import dev.rollcall.discovery.internal.api.AgentApi.AgentServiceRegistration;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import dev.rollcall.discovery.internal.ecwid.StubConsul.Sent;
import dev.rollcall.discovery.internal.net.AgentAddress;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.http.HttpHost;
import org.apache.http.client.HttpClient;
import org.apache.http.client.methods.HttpUriRequest;
import org.apache.http.client.utils.URIUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EcwidConsulTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");
  private static final AgentServiceRegistration WEB_1 =
      record(ServiceDefinition.named("web").id("web-1").address("198.18.0.9").port(80).build());
  private static final String SECRET = "b1gs-s3cr3t-token";
  private static final Map<String, String> ALLOWED = Map.of("X-Consul-Default-Acl-Policy", "allow");

  private final StubConsul stub = newStub();
  private final List<Runnable> closing = new ArrayList<>();

  private static StubConsul newStub() {
    try {
      return new StubConsul();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void close() {
    stub.close();
    closing.forEach(Runnable::run);
  }

  private EcwidConsul consul() {
    return new EcwidConsul(stub.options().build(), 2);
  }

  private static AgentServiceRegistration record(ServiceDefinition definition) {
    return new AgentServiceRegistration(definition, "0a");
  }

  private static AgentService found(Result<AgentService> answer) {
    assertThat(answer).isInstanceOf(Result.Ok.class);
    return ((Result.Ok<AgentService>) answer).value();
  }

  private static ConsulFailure failure(Result<?> answer) {
    assertThat(answer).isInstanceOf(Result.Failed.class);
    return ((Result.Failed<?>) answer).failure();
  }

  private static QueryResult<Snapshot> page(Result<QueryResult<Snapshot>> answer) {
    assertThat(answer).isInstanceOf(Result.Ok.class);
    return ((Result.Ok<QueryResult<Snapshot>>) answer).value();
  }

  @Test
  void registersInOneRequestWithAllThatTheDefinitionSays() {
    ServiceDefinition web =
        ServiceDefinition.named("web")
            .id("web-1")
            .address("198.18.0.9")
            .port(8080)
            .tag("a b")
            .meta("k", "v \"q\"")
            .weight(9)
            .build();
    assertThat(consul().agent().register(record(web), HealthStatus.PASSING))
        .isInstanceOf(Result.Ok.class);

    StubConsul.Sent sent = stub.sent().get(0);
    assertThat(sent.method()).isEqualTo("PUT");
    assertThat(sent.uri()).isEqualTo("/v1/agent/service/register?replace-existing-checks=true");
    assertThat(sent.body())
        .isEqualTo(
            """
            {"ID":"web-1","Name":"web","Address":"198.18.0.9","Port":8080,"Tags":["a b"],\
            "Meta":{"k":"v \\"q\\""},"Weights":{"Passing":9,"Warning":1},\
            "Checks":[{"CheckID":"rollcall:web-1","Name":"heartbeat","Notes":"registered by 0a","TTL":"15000ms","Status":"passing",\
            "DeregisterCriticalServiceAfter":"60s"}]}\
            """);
  }

  @Test
  void everyCheckIsSaidInConsulsWords() {
    CheckSchedule slow =
        CheckSchedule.every(Duration.ofSeconds(30))
            .timeout(Duration.ofMillis(1500))
            .thresholds(2, 3)
            .deregisterAfter(Duration.ofMinutes(5));
    ServiceDefinition web =
        ServiceDefinition.named("web")
            .id("web-1")
            .address("2001:db8::9")
            .port(8443)
            .weights(9, 0)
            .checks(
                List.of(
                    HealthCheck.https("/health?full")
                        .method("HEAD")
                        .header("Authorization", SECRET)
                        .skippingVerification()
                        .schedule(slow),
                    HealthCheck.ttl(Duration.ofSeconds(9)),
                    HealthCheck.http("HTTPS://other/x"),
                    HealthCheck.tcp(),
                    HealthCheck.tcp("db:5432"),
                    HealthCheck.grpc().service("a.B").overTls()))
            .build();
    assertThat(consul().agent().update(record(web))).isInstanceOf(Result.Ok.class);

    StubConsul.Sent sent = stub.sent().get(0);
    assertThat(sent.uri()).isEqualTo("/v1/agent/service/register");
    String often =
        """
        "Interval":"10000ms","Timeout":"5000ms","SuccessBeforePassing":1,\
        "FailuresBeforeCritical":1,"DeregisterCriticalServiceAfter":"60s\"\
        """;
    assertThat(sent.body())
        .contains("\"Weights\":{\"Passing\":9,\"Warning\":0}")
        .endsWith(
            """
            "Checks":[{"CheckID":"rollcall:web-1/1","Name":"HTTPS","Notes":"registered by 0a","Interval":"30000ms",\
            "Timeout":"1500ms","SuccessBeforePassing":2,"FailuresBeforeCritical":3,\
            "DeregisterCriticalServiceAfter":"300s","HTTP":"https://[2001:db8::9]:8443/health?full",\
            "Method":"HEAD","Header":{"Authorization":["SECRET"]},"TLSSkipVerify":true},\
            {"CheckID":"rollcall:web-1","Name":"heartbeat","Notes":"registered by 0a","TTL":"9000ms",\
            "DeregisterCriticalServiceAfter":"60s"},\
            {"CheckID":"rollcall:web-1/2","Name":"HTTPS","Notes":"registered by 0a",OFTEN,"HTTP":"HTTPS://other/x",\
            "Method":"GET","TLSSkipVerify":false},\
            {"CheckID":"rollcall:web-1/3","Name":"TCP","Notes":"registered by 0a",OFTEN,"TCP":"[2001:db8::9]:8443"},\
            {"CheckID":"rollcall:web-1/4","Name":"TCP","Notes":"registered by 0a",OFTEN,"TCP":"db:5432"},\
            {"CheckID":"rollcall:web-1/5","Name":"gRPC","Notes":"registered by 0a",OFTEN,"GRPC":"[2001:db8::9]:8443/a.B",\
            "GRPCUseTLS":true,"TLSSkipVerify":false}]}\
            """
                .replace("SECRET", SECRET)
                .replace("OFTEN", often));
    assertThat(web.checks().toString() + web).doesNotContain(SECRET);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200 | {\"AggregatedStatus\":\"passing\"} | PASSING",
        "429 | {\"AggregatedStatus\":\"warning\"} | WARNING",
        "503 | {\"AggregatedStatus\":\"critical\"} | CRITICAL",
        "503 | {\"AggregatedStatus\":\"maintenance\"} | MAINTENANCE",
      })
  void theAgentsOpinionIsReadWhateverItsStatus(int status, String body, HealthStatus health) {
    stub.replies(StubConsul.status(status, body));
    assertThat(found(consul().agent().find(WEB_1)).status()).isEqualTo(health);
    assertThat(stub.sent().get(0).uri()).isEqualTo("/v1/agent/health/service/id/web-1");
  }

  @ParameterizedTest
  @CsvSource({"8080, true", "9090, false"})
  void ofPortsByNameThatAreHeldTheDefaultOneIsCompared(int held, boolean inPlace) {
    ServiceDefinition shop =
        ServiceDefinition.named("shop").address("198.18.7.7").namedPort("http", 8080).build();
    stub.replies(
        StubConsul.status(
            200,
            """
            {"AggregatedStatus":"passing","Service":{"ID":"shop-1","Address":"198.18.7.7","Port":0,
             "Ports":[{"Name":"http","Port":%s,"Default":true},{"Name":"x","Port":8080}]}}\
            """
                .formatted(held)));
    assertThat(found(consul().agent().find(record(shop))).isInPlace()).isEqualTo(inPlace);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | {\"AggregatedStatus\":\"critical\",\"Service\":null} | UNKNOWN",
        "429 | Your IP is issuing too many concurrent connections | UNAVAILABLE",
        "503 | <html>overloaded</html> | UNAVAILABLE",
        "403 | Permission denied | FORBIDDEN",
        "200 | <html>login</html> | MALFORMED",
      })
  void whatIsNoOpinionIsAFailure(int status, String body, Kind kind) {
    stub.replies(StubConsul.status(status, body));
    assertThat(failure(consul().agent().find(WEB_1)).kind()).isEqualTo(kind);
  }

  @Test
  void aServiceBesideItsAgentTakesTheAgentsAddress() {
    assertThat(
            consul()
                .agent()
                .register(
                    record(ServiceDefinition.named("web").port(80).build()), HealthStatus.PASSING))
        .isInstanceOf(Result.Ok.class);
    assertThat(stub.sent().get(0).body()).doesNotContain("\"Address\"");
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "198.18.0.9, 198.18.0.8, 127.0.0.1/32, 198.18.0.9",
        "-, web.example, 127.0.0.1/32, web.example",
        "-, '', 127.0.0.1/32, 127.0.0.1",
      })
  void theMostExplicitAddressIsRegistered(
      @Nullable String defined, String address, String network, String registered) {
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of(
                "CONSUL_HTTP_ADDR", stub.address().toString(),
                "SERVICE_ADDRESS", address,
                "SERVICE_NETWORK", network));
    ServiceDefinition.Builder web = ServiceDefinition.named("web").port(80);
    if (defined != null) {
      web.address(defined);
    }
    assertThat(
            new EcwidConsul(options, 2).agent().register(record(web.build()), HealthStatus.PASSING))
        .isInstanceOf(Result.Ok.class);
    assertThat(stub.sent().get(0).body()).contains("\"Address\":\"" + registered + "\"");
  }

  @Test
  void theOtherCallsUseConsulsPaths() {
    EcwidConsul consul = consul();
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    assertThat(consul.agent().endMaintenance("web-1")).isInstanceOf(Result.Ok.class);
    assertThat(consul.agent().changeMaintenance("web-1", "c")).isInstanceOf(Result.Ok.class);
    assertThat(consul.agent().beginMaintenance("web-1", "a&b")).isInstanceOf(Result.Ok.class);
    assertThat(stub.sent().stream().map(sent -> sent.method() + " " + sent.uri()))
        .containsExactly(
            "PUT /v1/agent/check/pass/rollcall:web-1",
            "PUT /v1/agent/service/maintenance/web-1?enable=false",
            "PUT /v1/agent/check/register",
            "PUT /v1/agent/service/maintenance/web-1?enable=true&reason=a%26b");
  }

  private static String held(String address, String notes) {
    return """
    {"AggregatedStatus":"passing","Service":{"ID":"web-1","Address":"%s","Port":80},
     "Checks":[{"CheckID":"rollcall:web-1","Notes":"%s"}]}\
    """
        .formatted(address, notes);
  }

  @Test
  void theOwnerAndTheEndpointOfARegisteredServiceAreRead() {
    stub.replies(StubConsul.status(200, held("198.18.0.1", "registered by 0a")));
    assertThat(found(consul().agent().find(WEB_1)))
        .isEqualTo(
            new AgentService(
                HealthStatus.PASSING, Optional.of("0a"), false, "198.18.0.1:80", "198.18.0.9:80"));
    stub.replies(StubConsul.status(200, held("198.18.0.9", "registered by 0b, leaving")));
    assertThat(found(consul().agent().find(WEB_1)))
        .isEqualTo(
            new AgentService(
                HealthStatus.PASSING, Optional.of("0b"), true, "198.18.0.9:80", "198.18.0.9:80"));
    stub.replies(StubConsul.status(200, held("198.18.0.9", "an operator's own")));
    assertThat(found(consul().agent().find(WEB_1)).owner()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"registered by 0a, 2", "registered by 0b, 1", "an operator's own, 2"})
  void whatIsAnothersIsNotRemoved(String notes, int calls) {
    stub.replies(StubConsul.status(200, held("198.18.0.9", notes)));
    assertThat(consul().agent().deregister("web-1", "0a", Duration.ofSeconds(2)))
        .isInstanceOf(Result.Ok.class);
    assertThat(stub.sent()).hasSize(calls).first().extracting(Sent::method).isEqualTo("GET");
    if (calls == 2) {
      assertThat(stub.sent().get(1).uri()).isEqualTo("/v1/agent/service/deregister/web-1");
    }
  }

  @Test
  void nothingIsRemovedWhenTimeIsUp() {
    CountDownLatch late = new CountDownLatch(1);
    stub.replies(
        exchange -> {
          try {
            late.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          StubConsul.status(200, held("198.18.0.9", "registered by 0a")).to(exchange);
        });
    assertThat(failure(consul().agent().deregister("web-1", "0a", Duration.ofMillis(50))).kind())
        .isEqualTo(Kind.UNAVAILABLE);
    late.countDown();
    assertThat(stub.sent()).extracting(Sent::method).containsExactly("GET");
  }

  @Test
  void noTwoServicesChecksHaveOneId() {
    for (String id : List.of("web", "web:1")) {
      ServiceDefinition service =
          ServiceDefinition.named("web")
              .id(id)
              .port(80)
              .checks(List.of(HealthCheck.tcp(), HealthCheck.ttl(Duration.ofSeconds(9))))
              .build();
      consul().agent().update(record(service));
    }
    List<String> ids =
        stub.sent().stream()
            .flatMap(sent -> Pattern.compile("\"CheckID\":\"[^\"]*").matcher(sent.body()).results())
            .map(MatchResult::group)
            .toList();
    assertThat(ids).hasSize(4).doesNotHaveDuplicates();
  }

  @Test
  void theOperatorsPortStandsForThatOfTheFirstService() {
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of(
                "CONSUL_HTTP_ADDR", stub.address().toString(),
                "SERVICE_ADDRESS", "198.18.0.9",
                "SERVICE_PORT", "18080"));
    EcwidConsul consul = new EcwidConsul(options, 2);
    for (int port : new int[] {8080, 9090, 8080}) {
      ServiceDefinition web =
          ServiceDefinition.named("web").port(port).check(HealthCheck.tcp()).build();
      consul.agent().register(record(web), HealthStatus.PASSING);
    }
    assertThat(stub.sent().stream().map(Sent::body))
        .satisfiesExactly(
            first -> assertThat(first).contains("\"Port\":18080", "\"TCP\":\"198.18.0.9:18080\""),
            other -> assertThat(other).contains("\"Port\":9090"),
            again -> assertThat(again).contains("\"Port\":18080"));
  }

  @ParameterizedTest
  @CsvSource({"203.0.113.7, 1", "127.0.0.1, 0"})
  void anAgentsAddressThatIsNoneOfThisMachinesIsTold(String address, int lines) {
    try (LogCapture logged = new LogCapture()) {
      stub.replies(StubConsul.status(200, "{\"Member\":{\"Addr\":\"" + address + "\"}}"));
      EcwidConsul consul = consul();
      ServiceDefinition web = ServiceDefinition.named("web").id("web-1").port(80).build();
      consul.agent().register(record(web), HealthStatus.PASSING);
      consul.agent().register(record(web), HealthStatus.PASSING);
      assertThat(logged.lines()).hasSize(lines);
      assertThat(logged.lines())
          .allMatch(line -> line.contains("web-1 is listed at its agent's address 203.0.113.7"));
    }
  }

  @Test
  void aCallIsBoundedAsAWholeItsConnectingIncluded() throws IOException {
    // A listener with a full backlog: what connects waits for ever.
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Socket one = new Socket(full.getInetAddress(), full.getLocalPort());
        Socket two = new Socket(full.getInetAddress(), full.getLocalPort())) {
      assertThat(one.isConnected() && two.isConnected()).isTrue();
      ConsulOptions options =
          ConsulOptions.builder()
              .address(URI.create("http://127.0.0.1:" + full.getLocalPort()))
              .connectTimeout(Duration.ofMinutes(1))
              .callTimeout(Duration.ofMillis(100))
              .build();
      assertThat(
              failure(
                      new EcwidConsul(options, 1)
                          .agent()
                          .heartbeat("web-1", HealthReport.passing()))
                  .kind())
          .isEqualTo(Kind.UNAVAILABLE);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "404, Unknown check ID, UNKNOWN",
    "500, CheckID \"service:web-1\" does not have associated TTL, UNKNOWN",
    "500, Unknown service \"web-1\", UNKNOWN",
    "500, No cluster leader, UNAVAILABLE",
    "429, Your IP is issuing too many concurrent connections, UNAVAILABLE",
    "503, , UNAVAILABLE",
    "403, Permission denied, FORBIDDEN",
    "401, , FORBIDDEN",
    "400, Bad request, REJECTED",
    "302, , MALFORMED",
  })
  void statusesAreTold(int status, String body, Kind kind) {
    stub.replies(StubConsul.status(status, body == null ? "" : body));
    assertThat(failure(consul().agent().heartbeat("web-1", HealthReport.passing())).kind())
        .isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "429 | - | '' | heartbeat: 429 | 0",
        "429 | - | slow down | heartbeat: 429 slow down | 0",
        "429 | 7 | '' | heartbeat: 429 (Retry-After: 7 s) | 7",
        "503 | 120 | busy | heartbeat: 503 busy (Retry-After: 120 s) | 120",
        "429 | soon | no | heartbeat: 429 no | 0",
        "429 | -3 | no | heartbeat: 429 no | 0",
        "429 | 99999999999999999999 | no | heartbeat: 429 no | 0",
        "429 | Sun, 06 Nov 1994 08:49:37 GMT | no | heartbeat: 429 no | 0",
        "500 | 7 | no | heartbeat: 500 no | 0",
      })
  void whoIsLimitedTellsForHowLong(
      int status, String retryAfter, String body, String message, long seconds) {
    stub.replies(limited(status, retryAfter, body));
    assertThat(failure(consul().agent().heartbeat("web-1", HealthReport.passing())))
        .isEqualTo(new ConsulFailure(Kind.UNAVAILABLE, message, Duration.ofSeconds(seconds)));
  }

  @Test
  void aDateToTryAgainAfterIsComparedWithTheAnswersOwn() {
    String then =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(10));
    stub.replies(limited(429, then, ""));
    assertThat(failure(consul().agent().heartbeat("web-1", HealthReport.passing())).retryAfter())
        .isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
  }

  private static StubConsul.Reply limited(int status, String retryAfter, String body) {
    return exchange -> {
      if (!retryAfter.equals("-")) {
        exchange.getResponseHeaders().set("Retry-After", retryAfter);
      }
      StubConsul.status(status, body).to(exchange);
    };
  }

  @Test
  void aWaitThatEndsBecauseOfALimitIsAFailureAndNotAskedAgainAtOnce() {
    for (StubConsul.Reply reply : List.of(limited(429, "-", ""), limited(503, "9", ""))) {
      ManualTime time = new ManualTime();
      try (EcwidBlockingQuery<Snapshot> blockingQuery = timed(time, Duration.ofSeconds(30))) {
        cuts(time, Duration.ofSeconds(30), reply);
        assertThat(failure(blockingQuery.run(OptionalLong.of(7))).kind())
            .isEqualTo(Kind.UNAVAILABLE);
      }
    }
    assertThat(stub.sent()).hasSize(2);
  }

  @Test
  void aFailureIsOneShortLine() {
    stub.replies(StubConsul.status(500, "<html>\n" + "x".repeat(5000)));
    String message = failure(consul().agent().heartbeat("web-1", HealthReport.passing())).message();
    assertThat(message).startsWith("heartbeat: 500 <html> xxx").hasSizeLessThan(250);
    assertThat(message.lines()).hasSize(1);
  }

  @Test
  void nobodyThereIsUnavailable() {
    stub.close();
    assertThat(failure(consul().agent().heartbeat("web-1", HealthReport.passing())).kind())
        .isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void aRefusedConnectionIsToldFromOneThatBroke() {
    ServiceDefinition web = ServiceDefinition.named("web").port(80).build();
    stub.replies(exchange -> exchange.close());
    assertThat(consul().agent().register(record(web), HealthStatus.PASSING))
        .isInstanceOfSatisfying(
            Result.Failed.class, broke -> assertThat(broke.mayHaveArrived()).isTrue());
    stub.close();
    assertThat(consul().agent().register(record(web), HealthStatus.PASSING))
        .isInstanceOfSatisfying(
            Result.Failed.class, refused -> assertThat(refused.mayHaveArrived()).isFalse());
  }

  @Test
  void aConnectionThatBreaksIsNotTriedAgainUnseen() {
    stub.replies(exchange -> exchange.close());
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind())
          .isEqualTo(Kind.UNAVAILABLE);
    }
    assertThat(stub.sent()).hasSize(1);
  }

  @Test
  void aBlockingQueryIsAskedAsConsulWants() {
    stub.replies(StubConsul.page("18446744073709551615", "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      QueryResult<Snapshot> first = page(blockingQuery.run(OptionalLong.empty()));
      assertThat(first.index()).isEqualTo(-1L);
      blockingQuery.run(OptionalLong.of(first.index()));
    }
    assertThat(stub.sent().stream().map(StubConsul.Sent::uri))
        .containsExactly(
            "/v1/health/service/web?passing",
            "/v1/health/service/web?passing&index=18446744073709551615&wait=25000ms");
  }

  static Stream<ServiceQuery> notStreamed() {
    return Stream.of(
        WEB.consistency(Consistency.CONSISTENT),
        WEB.consistency(Consistency.STALE),
        WEB.viaCache());
  }

  /** Agents answer no query that is near something from their own view. */
  @ParameterizedTest
  @MethodSource("notStreamed")
  void aQueryThatWantsAServersOwnAnswerIsNearSomething(ServiceQuery notStreamed) {
    stub.replies(StubConsul.page("7", "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(notStreamed)) {
      blockingQuery.run(OptionalLong.of(7));
    }
    assertThat(stub.sent().get(0).uri()).contains("&near=_agent&");
  }

  @Test
  void whereAnAnswerCameFromIsTold() {
    String streaming = "X-Consul-Query-Backend";
    String effective = "X-Consul-Effective-Consistency";
    assertThat(source(Map.of(streaming, "streaming", effective, "consistent")))
        .isEqualTo(new AnswerSource(Backend.STREAMING, Consistency.STALE));
    assertThat(source(Map.of(streaming, "blocking-query", effective, "leader")))
        .isEqualTo(new AnswerSource(Backend.BLOCKING_QUERY, Consistency.DEFAULT));
    assertThat(source(Map.of(effective, "consistent")))
        .isEqualTo(new AnswerSource(Backend.BLOCKING_QUERY, Consistency.CONSISTENT));
    assertThat(source(Map.of("X-Cache", "HIT")))
        .isEqualTo(new AnswerSource(Backend.CACHE, Consistency.STALE));
    assertThat(source(Map.of()))
        .as("an agent before 1.10")
        .isEqualTo(new AnswerSource(Backend.BLOCKING_QUERY, Consistency.DEFAULT));
  }

  private AnswerSource source(Map<String, String> headers) {
    Map<String, String> all = new HashMap<>(headers);
    all.put("X-Consul-Default-Acl-Policy", "allow");
    stub.replies(StubConsul.page("7", "[]", all));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      return page(blockingQuery.run(OptionalLong.of(7))).source().orElseThrow();
    }
  }

  @Test
  void theLeaderIsAskedForSomeInstancesByTheirIds() {
    stub.replies(StubConsul.page("7", "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.tag("a"))) {
      assertThat(page(blockingQuery.runConsistent(Set.of("b\"", "a"))).found().instances())
          .isEmpty();
    }
    assertThat(stub.sent())
        .singleElement()
        .extracting(sent -> URLDecoder.decode(sent.uri(), StandardCharsets.UTF_8))
        .isEqualTo(
            "/v1/health/service/web?passing&filter=\"a\" in Service.Tags and"
                + " (Service.ID == \"a\" or Service.ID == \"b\\x22\")&consistent");
  }

  @Test
  void whetherInstancesAreGoneIsAskedOfTheirNodes() {
    stub.replies(servicesOf("n1", "{\"ID\":\"a\",\"Service\":\"another\"}"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.datacenter("dc2"))) {
      assertThat(blockingQuery.areGone(List.of(on("n1", "b"), on("n1", "a\"")))).isTrue();
    }
    assertThat(stub.sent())
        .singleElement()
        .extracting(sent -> URLDecoder.decode(sent.uri(), StandardCharsets.UTF_8))
        .isEqualTo(
            "/v1/catalog/node-services/n1?filter=ID == \"a\\x22\" or ID == \"b\""
                + "&dc=dc2&consistent");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'Node':{'Node':'n1'},'Services':[{'ID':'a','Service':'web'}]}",
        "{'Node':{'Node':'n2'},'Services':[]}",
        "{'Node':null,'Services':[]}",
        "{'Node':{'Node':'n1'}}",
        "[]",
        "<html>"
      })
  void whatIsThereOrCannotBeToldIsNotGone(String answer) {
    stub.replies(StubConsul.page("7", answer.replace('\'', '"'), ALLOWED));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      assertThat(blockingQuery.areGone(List.of(on("n1", "a")))).isFalse();
    }
  }

  @Test
  void whatAnswersWithoutTheNodeCannotTellOf() {
    stub.replies(servicesOf("n1"));
    try (BlockingQuery<Snapshot> ofPeer = consul().instances(WEB.peer("other"));
        BlockingQuery<Snapshot> own = consul().instances(WEB)) {
      assertThat(ofPeer.areGone(List.of(on("n1", "a")))).isFalse();
      assertThat(own.areGone(List.of(on("a/b", "a")))).isFalse();
      assertThat(own.areGone(IntStream.range(0, 9).mapToObj(i -> on("n" + i, "a")).toList()))
          .isFalse();
    }
    assertThat(stub.sent()).isEmpty();
  }

  @Test
  void whatTheTokenMayNotReadIsNotGone() {
    StubConsul.Reply gone = servicesOf("n1");
    stub.replies(
        exchange -> {
          boolean right = exchange.getRequestURI().getPath().startsWith("/v1/config/");
          (right ? StubConsul.status(403, "") : gone).to(exchange);
        });
    ConsulOptions options = stub.options().token(() -> Optional.of(SECRET)).build();
    try (EcwidConsul consul = new EcwidConsul(options, 2);
        BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      assertThat(blockingQuery.areGone(List.of(on("n1", "a")))).isFalse();
    }
  }

  private static StubConsul.Reply servicesOf(String node, String... services) {
    return StubConsul.page(
        "7",
        "{\"Node\":{\"Node\":\"%s\"},\"Services\":[%s]}"
            .formatted(node, String.join(",", services)),
        ALLOWED);
  }

  private static ServiceInstance on(String node, String id) {
    return ServiceInstance.builder("web", "198.18.7.7", 80).id(id).node(node).build();
  }

  @Test
  void whatTheTokenMayNotReadIsNotConfirmedAsGone() {
    for (boolean header : List.of(true, false)) {
      stub.replies(nothing(header, 403));
      ConsulOptions options = stub.options().token(() -> Optional.of(SECRET)).build();
      try (EcwidConsul consul = new EcwidConsul(options, 2);
          BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
        assertThat(failure(blockingQuery.runConsistent(Set.of("a"))).kind())
            .isEqualTo(Kind.FORBIDDEN);
      }
    }
    stub.replies(nothing(false, 404));
    ConsulOptions options = stub.options().token(() -> Optional.of(SECRET)).build();
    try (EcwidConsul consul = new EcwidConsul(options, 2);
        BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      assertThat(page(blockingQuery.runConsistent(Set.of("a"))).found().instances()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"<html>login</html>", "{}", "null", "''", "[{", "7"})
  void whatIsNoListIsMalformedAndNotEmpty(String body) {
    stub.replies(StubConsul.page("7", body));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind()).isEqualTo(Kind.MALFORMED);
    }
  }

  @Test
  void anIndexThatIsNoneIsNoReasonToBreak() {
    stub.replies(StubConsul.status(200, "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB)) {
      assertThat(page(blockingQuery.run(OptionalLong.empty())).index()).isZero();
    }
  }

  @Test
  void aHugeAnswerIsRefusedWhetherItsLengthIsToldOrNot() {
    ConsulOptions options = stub.options().answerLimit(64 * 1024).build();
    String huge = "[" + " ".repeat(100_000) + "]";
    for (boolean told : List.of(true, false)) {
      stub.replies(
          exchange -> {
            exchange.sendResponseHeaders(200, told ? huge.length() : 0);
            exchange.getResponseBody().write(huge.getBytes(StandardCharsets.UTF_8));
          });
      try (BlockingQuery<Snapshot> blockingQuery = new EcwidConsul(options, 1).instances(WEB)) {
        ConsulFailure failure = failure(blockingQuery.run(OptionalLong.empty()));
        assertThat(failure.kind()).isEqualTo(Kind.MALFORMED);
        assertThat(failure.message()).contains("longer than the limit of 65536 bytes");
      }
    }
  }

  @Test
  void anAnswerThatIsByteForByteTheLastOneIsTheSameSnapshotAndIsNotParsedAgain() {
    String one =
        "[{\"Node\":{\"Node\":\"n\",\"Address\":\"h\"},\"Service\":{\"ID\":\"web-1\",\"Port\":1},"
            + "\"Checks\":[]},{}]";
    try (BlockingQuery<Snapshot> query = consul().instances(WEB)) {
      stub.replies(StubConsul.page("7", one));
      QueryResult<Snapshot> first = page(query.run(OptionalLong.empty()));
      stub.replies(StubConsul.page("8", one));
      QueryResult<Snapshot> second = page(query.run(OptionalLong.of(7)));
      assertThat(second.found()).isSameAs(first.found());
      assertThat(second.leftOut()).isEqualTo(first.leftOut()).hasSize(1);
      assertThat(second.index()).isEqualTo(8);

      stub.replies(StubConsul.page("9", one.replace("web-1", "web-2")));
      assertThat(page(query.run(OptionalLong.of(8))).found()).isNotEqualTo(first.found());
    }
  }

  @ParameterizedTest
  @CsvSource({"true, UNAVAILABLE", "false, MALFORMED"})
  void anAnswerThatIsCutOffIsAFailureAndWhatIsKnownStays(boolean lengthTold, Kind kind) {
    String one =
        "[{\"Node\":{\"Node\":\"n\",\"Address\":\"h\"},\"Service\":{\"ID\":\"web-1\",\"Port\":1},"
            + "\"Checks\":[]}]";
    String cut = one.replace("web-1", "web-2").substring(0, one.length() - 1);
    try (BlockingQuery<Snapshot> query = consul().instances(WEB)) {
      stub.replies(StubConsul.page("7", one));
      QueryResult<Snapshot> first = page(query.run(OptionalLong.empty()));
      stub.replies(
          exchange -> {
            exchange.sendResponseHeaders(200, lengthTold ? one.length() : 0);
            exchange.getResponseBody().write(cut.getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("the agent goes down");
          });
      assertThat(failure(query.run(OptionalLong.empty())).kind()).isEqualTo(kind);
      stub.replies(StubConsul.page("8", one));
      assertThat(page(query.run(OptionalLong.empty())).found()).isSameAs(first.found());
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
    BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB);
    CompletableFuture<Result<QueryResult<Snapshot>>> blocked =
        CompletableFuture.supplyAsync(() -> blockingQuery.run(OptionalLong.of(5)));
    assertThat(asked.await(5, TimeUnit.SECONDS)).isTrue();

    blockingQuery.close();
    assertThat(failure(blocked.get(100, TimeUnit.MILLISECONDS)).kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind()).isEqualTo(Kind.UNAVAILABLE);
    never.countDown();
  }

  @Test
  void watchesDoNotHoldUpHeartbeats() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    stub.replies(
        exchange -> {
          if (exchange.getRequestURI().getPath().startsWith("/v1/health")) {
            try {
              never.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          StubConsul.status(200, "").to(exchange);
        });
    EcwidConsul consul = new EcwidConsul(stub.options().build(), 1);
    List<BlockingQuery<Snapshot>> blockingQueries =
        List.of(consul.instances(WEB), consul.instances(WEB), consul.instances(WEB));
    List<CompletableFuture<Result<QueryResult<Snapshot>>>> blocked =
        blockingQueries.stream()
            .map(
                blockingQuery ->
                    CompletableFuture.supplyAsync(
                        () -> blockingQuery.run(OptionalLong.of(5)),
                        work -> new Thread(work).start()))
            .toList();
    await().until(() -> stub.sent().size() == 3);
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    blockingQueries.forEach(BlockingQuery::close);
    for (CompletableFuture<Result<QueryResult<Snapshot>>> each : blocked) {
      assertThat(each.get(1, TimeUnit.SECONDS)).isInstanceOf(Result.Failed.class);
    }
    never.countDown();
  }

  @Test
  void theTokenGoesInTheHeaderAndNowhereElse() {
    ConsulOptions options = stub.options().token(() -> Optional.of(SECRET)).build();
    try (LogCapture all = new LogCapture("ROOT", Level.TRACE)) {
      EcwidConsul consul = new EcwidConsul(options, 1);
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      stub.replies(StubConsul.status(403, "Permission denied"));
      try (BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
        assertThat(failure(blockingQuery.run(OptionalLong.empty())).message())
            .doesNotContain(SECRET);
      }
      consul.close();
      assertThat(all.lines()).isNotEmpty();
      assertThat(all.lines()).noneMatch(line -> line.contains(SECRET));
    }
    assertThat(stub.sent())
        .hasSize(2)
        .allSatisfy(
            sent -> {
              assertThat(sent.token()).containsExactly(SECRET);
              assertThat(sent.uri() + sent.body()).doesNotContain(SECRET);
            });
    assertThat(options.toString()).doesNotContain(SECRET);
  }

  @Test
  void aTokenFileIsReadAnewAndOutlivesAMomentOfAbsence(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("token");
    ConsulOptions options =
        ConsulOptions.fromEnvironment(
            Map.of(
                "CONSUL_HTTP_ADDR", stub.address().toString(),
                "CONSUL_HTTP_TOKEN", "loses",
                "CONSUL_HTTP_TOKEN_FILE", file.toString()));
    EcwidConsul consul = new EcwidConsul(options, 1);
    ConsulFailure missing = failure(consul.agent().heartbeat("web-1", HealthReport.passing()));
    assertThat(missing.message()).contains("CONSUL_HTTP_TOKEN_FILE: cannot use " + file);

    Files.writeString(file, "first\n");
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    Files.writeString(file, "second\n");
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    Files.delete(file);
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    Files.writeString(file, "two lines\r\nX-Evil: 1");
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);

    assertThat(stub.sent().stream().map(StubConsul.Sent::token))
        .containsExactly(List.of("first"), List.of("second"), List.of("second"), List.of("second"));
  }

  @Test
  void consulMayLiveUnderAPath() {
    ConsulOptions options = stub.options().address(URI.create(stub.address() + "/consul/")).build();
    assertThat(new EcwidConsul(options, 1).agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    assertThat(stub.sent().get(0).uri()).isEqualTo("/consul/v1/agent/check/pass/rollcall:web-1");
  }

  @Test
  void aSilentAgentIsGivenUpAfterTheCallTimeout() {
    CountDownLatch never = new CountDownLatch(1);
    stub.replies(
        exchange -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    ConsulOptions options = stub.options().callTimeout(Duration.ofMillis(50)).build();
    assertThat(
            failure(new EcwidConsul(options, 1).agent().heartbeat("web-1", HealthReport.passing()))
                .kind())
        .isEqualTo(Kind.UNAVAILABLE);
    never.countDown();
  }

  @Test
  void aQueryIsAskedWithAllThatItSays() {
    ServiceQuery query =
        WEB.worst(HealthStatus.WARNING)
            .tag("b \"c\" & \\")
            .tag("a")
            .filter("Service.Meta.v == 2")
            .datacenter("dc2")
            .near("other")
            .consistency(Consistency.STALE)
            .viaCache();
    stub.replies(StubConsul.page("7", "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(query)) {
      blockingQuery.run(OptionalLong.empty());
      blockingQuery.runConsistent();
    }
    String where =
        "/v1/health/service/web?filter=(Service.Meta.v == 2) and \"a\" in Service.Tags"
            + " and \"b \\x22c\\x22 & \\\\\" in Service.Tags&near=other&dc=dc2&";
    assertThat(
            stub.sent().stream().map(sent -> URLDecoder.decode(sent.uri(), StandardCharsets.UTF_8)))
        .containsExactly(where + "stale&cached", where + "consistent");
    assertThat(stub.sent().get(0).uri()).contains("%26");
  }

  @Test
  void portsByNameAreRegisteredInsteadOfOne() {
    ServiceDefinition shop =
        ServiceDefinition.named("shop")
            .id("shop-1")
            .address("198.18.7.7")
            .namedPort("http", 8080)
            .namedPort("grpc", 7070)
            .build();
    assertThat(consul().agent().update(record(shop))).isInstanceOf(Result.Ok.class);
    assertThat(stub.sent().get(0).body())
        .contains(
            "\"Ports\":[{\"Name\":\"grpc\",\"Port\":7070,\"Default\":false},"
                + "{\"Name\":\"http\",\"Port\":8080,\"Default\":true}]")
        .doesNotContain("\"Port\":8080,\"Tags\"");
  }

  @Test
  void thePortAtWhichOthersReachTheProcessIsThatOfTheDefaultName() {
    ServiceDefinition shop =
        ServiceDefinition.named("shop")
            .id("shop-1")
            .address("198.18.7.7")
            .namedPort("grpc", 7070)
            .namedPort("http", 8080)
            .port(8080)
            .build();
    EcwidConsul consul = new EcwidConsul(stub.options().servicePort(31_000).build(), 1);
    consul.agent().update(record(shop));
    assertThat(stub.sent().get(0).body())
        .contains(
            "\"Ports\":[{\"Name\":\"grpc\",\"Port\":7070,\"Default\":false},"
                + "{\"Name\":\"http\",\"Port\":31000,\"Default\":true}]");
    consul.close();
  }

  @Test
  void namespaceAndPartitionGoWithEachRequest() {
    List<String> headers = new CopyOnWriteArrayList<>();
    stub.replies(
        exchange -> {
          headers.add(
              exchange.getRequestHeaders().getFirst("X-Consul-Namespace")
                  + " "
                  + exchange.getRequestHeaders().getFirst("X-Consul-Partition"));
          StubConsul.page("7", "[]").to(exchange);
        });
    ConsulOptions options = stub.options().namespace("team").partition("part").build();
    EcwidConsul consul = new EcwidConsul(options, 1);
    consul.agent().heartbeat("web-1", HealthReport.passing());
    try (BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      blockingQuery.run(OptionalLong.empty());
    }
    consul.close();
    assertThat(headers).containsOnly("team part").hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void aPeerIsAskedForInTheAgentsOwnDatacenter() {
    stub.replies(StubConsul.page("7", "[]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.peer("east"))) {
      blockingQuery.run(OptionalLong.empty());
    }
    assertThat(stub.sent().get(0).uri()).isEqualTo("/v1/health/service/web?passing&peer=east");
  }

  @Test
  void worseInstancesThanWantedAreNotFound() {
    String warning =
        "{\"Node\":{\"Node\":\"n\",\"Address\":\"h\"},\"Service\":{\"ID\":\"w\",\"Port\":1},"
            + "\"Checks\":[{\"Status\":\"warning\"}]}";
    stub.replies(
        StubConsul.page(
            "7",
            "["
                + warning
                + ","
                + warning.replace("\"w\"", "\"c\"").replace("warning", "critical")
                + "]"));
    try (BlockingQuery<Snapshot> blockingQuery =
        consul().instances(WEB.worst(HealthStatus.WARNING))) {
      assertThat(page(blockingQuery.run(OptionalLong.empty())).found().instances())
          .extracting(ServiceInstance::id)
          .containsExactly("w");
    }
  }

  @Test
  void theServicesNamesAreRead() {
    stub.replies(
        StubConsul.page("7", "{\"web\":[\"b\",\"a\",\"b\"],\"db\":null,\"a/../b?x\":[],\"\":[]}"));
    CatalogQuery query = CatalogQuery.services().datacenter("dc2").consistency(Consistency.STALE);
    try (BlockingQuery<CatalogServices> blockingQuery = consul().services(query)) {
      Result<QueryResult<CatalogServices>> answer = blockingQuery.run(OptionalLong.of(5));
      QueryResult<CatalogServices> page =
          ((Result.Ok<QueryResult<CatalogServices>>) answer).value();
      assertThat(page.found().tags()).isEqualTo(Map.of("web", List.of("a", "b"), "db", List.of()));
      assertThat(page.leftOut()).hasSize(2).first().asString().contains("a/../b?x");
    }
    assertThat(stub.sent().get(0).uri())
        .isEqualTo("/v1/catalog/services?dc=dc2&stale&index=5&wait=25000ms");
  }

  @Test
  void anAnswerThatTricklesIsGivenUpWhenItsTimeIsUp() {
    ConsulOptions options = stub.options().callTimeout(Duration.ofMillis(300)).build();
    stub.replies(stub.trickle(Duration.ofMillis(20)));
    long began = System.nanoTime();
    ConsulFailure failure =
        failure(new EcwidConsul(options, 1).agent().heartbeat("web-1", HealthReport.passing()));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .isBetween(Duration.ofMillis(290), Duration.ofSeconds(3));
  }

  @Test
  void aConnectionThatTheAgentClosedMeanwhileIsNotUsedAgain() throws Exception {
    EcwidConsul consul = consul();
    assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
        .isInstanceOf(Result.Ok.class);
    stub.restart();
    // Apache looks whether a connection is still good if it was idle for 2 s, as between
    // heartbeats.
    List<Result<?>> answers = new ArrayList<>();
    await()
        .pollDelay(Duration.ofMillis(2100))
        .until(() -> answers.add(consul.agent().heartbeat("web-1", HealthReport.passing())));
    assertThat(answers).singleElement().isInstanceOf(Result.Ok.class);
  }

  /** A Consul that finds nothing, and says in its own way that it left something out. */
  private static StubConsul.Reply nothing(boolean header, int rightStatus) {
    return exchange -> {
      if (exchange.getRequestURI().getPath().startsWith("/v1/config/")) {
        StubConsul.status(rightStatus, "").to(exchange);
      } else {
        if (header) {
          exchange.getResponseHeaders().set("X-Consul-Results-Filtered-By-ACLs", "true");
        }
        StubConsul.page("7", "[]", Map.of()).to(exchange);
      }
    };
  }

  private Result<QueryResult<Snapshot>> blockingQuery(Optional<String> token) {
    ConsulOptions options = stub.options().token(() -> token).build();
    try (EcwidConsul consul = new EcwidConsul(options, 2);
        BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      return blockingQuery.run(OptionalLong.empty());
    }
  }

  @Test
  void nothingThatIsShownForWantOfARightIsARefusal() {
    stub.replies(nothing(true, 404));
    assertThat(failure(blockingQuery(Optional.of(SECRET))).kind()).isEqualTo(Kind.FORBIDDEN);

    stub.replies(nothing(false, 403));
    ConsulFailure refused = failure(blockingQuery(Optional.of(SECRET)));
    assertThat(refused.kind()).isEqualTo(Kind.FORBIDDEN);
    assertThat(refused.message()).contains("query web", "service:read", "node:read");
  }

  @Test
  void nothingIsBelievedOfAServiceThatTheTokenMayRead() {
    stub.replies(nothing(false, 404));
    assertThat(page(blockingQuery(Optional.of(SECRET))).found().instances()).isEmpty();
    // Whether a Consul that is overloaded would refuse is not known: what it said stands.
    stub.replies(nothing(false, 500));
    assertThat(page(blockingQuery(Optional.of(SECRET))).found().instances()).isEmpty();
  }

  @Test
  void nothingThatWasShownJustBeforeTheRightCameBackIsNotBelieved() {
    AtomicBoolean right = new AtomicBoolean();
    String one =
        "[{\"Node\":{\"Node\":\"n\",\"Address\":\"198.18.0.1\"},"
            + "\"Service\":{\"ID\":\"web-1\",\"Port\":80},\"Checks\":[]}]";
    stub.replies(
        exchange -> {
          if (exchange.getRequestURI().getPath().startsWith("/v1/config/")) {
            right.set(true);
            StubConsul.status(404, "").to(exchange);
          } else {
            StubConsul.page("7", right.get() ? one : "[]").to(exchange);
          }
        });
    assertThat(page(blockingQuery(Optional.of(SECRET))).found().instances()).hasSize(1);
  }

  @Test
  void whereEverybodyMayReadNothingIsAskedForTwice() {
    stub.replies(StubConsul.page("7", "[]"));
    assertThat(page(blockingQuery(Optional.empty())).found().instances()).isEmpty();
    assertThat(stub.sent()).hasSize(1);
  }

  @Test
  void whoHasNoTokenIsRefusedToo() {
    // An agent before 1.11 has no header; the agent's own token may have been taken away.
    stub.replies(nothing(false, 403));
    assertThat(failure(blockingQuery(Optional.empty())).kind()).isEqualTo(Kind.FORBIDDEN);
    stub.replies(nothing(false, 404));
    assertThat(page(blockingQuery(Optional.empty())).found().instances()).isEmpty();
  }

  @Test
  void noNamesAtAllAreARefusalWhereNobodyMayReadWithoutARight() {
    CatalogQuery all = CatalogQuery.services();
    stub.replies(StubConsul.page("7", "{}", Map.of("X-Consul-Default-Acl-Policy", "deny")));
    try (BlockingQuery<CatalogServices> blockingQuery = consul().services(all)) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind()).isEqualTo(Kind.FORBIDDEN);
      stub.replies(StubConsul.page("7", "{}"));
      assertThat(blockingQuery.run(OptionalLong.empty())).isInstanceOf(Result.Ok.class);
    }
  }

  @Test
  void aRightIsAskedForWhereTheInstancesAre() {
    stub.replies(nothing(false, 403));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.datacenter("dc2"))) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind()).isEqualTo(Kind.FORBIDDEN);
    }
    assertThat(stub.sent().get(1).uri()).isEqualTo("/v1/config/service-defaults/web?dc=dc2");
  }

  private QueryResult<Snapshot> pageWith(Map<String, String> headers) {
    Map<String, String> all = new HashMap<>(headers);
    all.put("X-Consul-Default-Acl-Policy", "allow");
    stub.replies(StubConsul.page("7", "[]", all));
    return page(blockingQuery(Optional.empty()));
  }

  @Test
  void whatConsulSaysOfItsOwnFreshnessIsRead() {
    QueryResult<Snapshot> lagging =
        pageWith(Map.of("X-Consul-LastContact", "42108", "X-Consul-KnownLeader", "false"));
    assertThat(lagging.lag()).isEqualTo(Duration.ofMillis(42_108));
    assertThat(lagging.confirmed()).isFalse();

    QueryResult<Snapshot> cached =
        pageWith(Map.of("X-Cache", "HIT", "Age", "13", "X-Consul-KnownLeader", "true"));
    assertThat(cached.lag()).isEqualTo(Duration.ofSeconds(13));
    assertThat(cached.confirmed()).as("the agent has lost the servers").isFalse();

    QueryResult<Snapshot> fresh = pageWith(Map.of("X-Consul-LastContact", "12", "Age", "0"));
    assertThat(fresh.lag()).isEqualTo(Duration.ofMillis(12));
    assertThat(fresh.confirmed()).isTrue();

    QueryResult<Snapshot> streamed =
        pageWith(Map.of("X-Consul-Query-Backend", "streaming", "X-Consul-KnownLeader", "false"));
    assertThat(streamed.confirmed()).as("it never says that it knows one").isTrue();

    QueryResult<Snapshot> odd = pageWith(Map.of("X-Consul-LastContact", "-1", "Age", "9e9"));
    assertThat(odd.lag()).isZero();
  }

  @Test
  void anAgentsCacheIsNoSignOfLifeAfterAFailure() {
    Map<String, String> hit =
        Map.of("X-Cache", "HIT", "Age", "0", "X-Consul-Default-Acl-Policy", "allow");
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.viaCache())) {
      stub.replies(StubConsul.page("7", "[]", hit));
      assertThat(page(blockingQuery.run(OptionalLong.empty())).confirmed()).isTrue();
      stub.replies(StubConsul.status(500, "rpc error"));
      failure(blockingQuery.run(OptionalLong.of(7)));
      stub.replies(StubConsul.page("7", "[]", hit));
      assertThat(page(blockingQuery.run(OptionalLong.empty())).confirmed()).isFalse();
      assertThat(page(blockingQuery.run(OptionalLong.of(7))).confirmed())
          .as("it has waited")
          .isTrue();
      assertThat(page(blockingQuery.run(OptionalLong.empty())).confirmed()).isTrue();
    }
  }

  @Test
  void whereTheOrderMattersConsulIsNotAskedToLeaveOthersOut() {
    String one =
        "{\"Node\":{\"Node\":\"n\",\"Address\":\"h\"},\"Service\":{\"ID\":\"ID\",\"Port\":1},"
            + "\"Checks\":[{\"Status\":\"STATUS\"}]}";
    String ill = one.replace("ID\",\"Port", "near\",\"Port").replace("STATUS", "critical");
    String well = one.replace("STATUS", "passing");
    stub.replies(
        StubConsul.page(
            "7",
            "["
                + ill
                + ","
                + well.replace("ID\",\"Port", "mid\",\"Port")
                + ","
                + well.replace("ID\",\"Port", "far\",\"Port")
                + "]"));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.near("n"))) {
      assertThat(page(blockingQuery.run(OptionalLong.empty())).found().instances())
          .extracting(ServiceInstance::id)
          .containsExactly("mid", "far");
    }
    assertThat(stub.sent().get(0).uri()).isEqualTo("/v1/health/service/web?near=n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "500 | Failed to create boolean expression evaluator: Selector \"Nope\" is not valid",
        "500 | Selector \"Nope\" is not valid",
        "500 | Failed to coerce value \"x\" for selector \"Service.Port\": strconv.ParseInt",
        "500 | 1:3 (2): no match found, expected: \"(\"",
        "400 | Invalid filter"
      })
  void aWrongFilterIsTheCallersErrorAndNoOutage(int status, String text) {
    stub.replies(StubConsul.status(status, text));
    try (BlockingQuery<Snapshot> blockingQuery = consul().instances(WEB.filter("Nope == 1"))) {
      ConsulFailure failure = failure(blockingQuery.run(OptionalLong.empty()));
      assertThat(failure.kind()).isEqualTo(Kind.REJECTED);
      assertThat(failure.message()).contains(text);
    }
  }

  @Test
  void whatDoesNotWaitForAChangeIsBoundedByTheTimeOfACall() {
    ConsulOptions options =
        stub.options().waitTime(Duration.ofMinutes(10)).callTimeout(Duration.ofMillis(300)).build();
    stub.replies(stub.trickle(Duration.ofMillis(20)));
    try (BlockingQuery<Snapshot> blockingQuery = new EcwidConsul(options, 1).instances(WEB)) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).kind())
          .isEqualTo(Kind.UNAVAILABLE);
      stub.replies(stub.trickle(Duration.ofMinutes(1)));
      assertThat(failure(blockingQuery.runConsistent()).kind()).isEqualTo(Kind.UNAVAILABLE);
    }
  }

  private EcwidBlockingQuery<Snapshot> timed(ManualTime time, Duration wait) {
    return timed(
        time,
        wait,
        new LeaderCheck(
            datacenter -> ConsulResponse.failed(new IllegalStateException("none"), false),
            time,
            time));
  }

  private EcwidBlockingQuery<Snapshot> timed(ManualTime time, Duration wait, LeaderCheck leader) {
    ConsulOptions options = stub.options().waitTime(wait).build();
    ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    closing.add(timer::shutdownNow);
    ConsulHttpClient http =
        new ConsulHttpClient(
            AgentAddress.of(stub.address()),
            options,
            EcwidConsul.sslContext(options.tls()),
            16,
            timer);
    return new EcwidBlockingQuery<>(
        new InstancesQuery(WEB),
        options,
        http,
        new ConnectionLimit(16, wait, time, () -> {}).new Share(Optional.empty()),
        leader,
        time);
  }

  @Test
  void aQueryThatBlocksEndsWhenTheLeaderIsLost() throws Exception {
    ManualTime time = new ManualTime();
    AtomicReference<ConsulResponse> leader = new AtomicReference<>(answer(200, "[]"));
    EcwidBlockingQuery<Snapshot> query =
        timed(
            time, Duration.ofSeconds(25), new LeaderCheck(datacenter -> leader.get(), time, time));
    CountDownLatch blocks = new CountDownLatch(1);
    StubConsul.Reply silent = stub.trickle(Duration.ofMinutes(1));
    stub.replies(
        exchange -> {
          blocks.countDown();
          silent.to(exchange);
        });
    CompletableFuture<Result<QueryResult<Snapshot>>> asked =
        CompletableFuture.supplyAsync(() -> query.run(OptionalLong.of(7)));
    assertThat(blocks.await(10, TimeUnit.SECONDS)).isTrue();
    time.settle();
    leader.set(answer(500, "No cluster leader"));
    time.advance(LeaderCheck.INTERVAL);
    ConsulFailure failure = failure(asked.get(10, TimeUnit.SECONDS));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure.message()).contains("query web", "leader check", "No cluster leader");
  }

  private static ConsulResponse answer(int status, String text) {
    return new ConsulResponse(
        status, text.getBytes(StandardCharsets.UTF_8), 1, null, null, null, true);
  }

  /** Ends what waits after some time with a failure, and answers the rest. */
  private void cuts(ManualTime time, Duration after, StubConsul.Reply cut) {
    stub.replies(
        exchange -> {
          if (exchange.getRequestURI().getQuery().contains("wait=")) {
            time.advance(after);
            cut.to(exchange);
          } else {
            StubConsul.page("7", "[]").to(exchange);
          }
        });
  }

  static Stream<StubConsul.Reply> cuts() {
    return Stream.of(
        StubConsul.status(504, "<html>Gateway Time-out</html>"),
        StubConsul.status(408, ""),
        HttpExchange::close);
  }

  @ParameterizedTest
  @MethodSource("cuts")
  void aWaitThatAProxyEndsWhenItIsOverIsNoFailure(StubConsul.Reply cut) {
    ManualTime time = new ManualTime();
    try (EcwidBlockingQuery<Snapshot> blockingQuery = timed(time, Duration.ofSeconds(30))) {
      cuts(time, Duration.ofSeconds(30), cut);
      assertThat(page(blockingQuery.run(OptionalLong.of(7))).index()).isEqualTo(7);
      assertThat(stub.sent()).hasSize(2);

      cuts(time, Duration.ofSeconds(3), cut);
      failure(blockingQuery.run(OptionalLong.of(7)));
      cuts(time, Duration.ofSeconds(40), cut);
      failure(blockingQuery.run(OptionalLong.of(7)));
    }
  }

  @Test
  void aProxyThatEndsWaitsSoonerIsToldOnceAndThenWaitedForNoLonger() {
    ManualTime time = new ManualTime();
    try (EcwidBlockingQuery<Snapshot> blockingQuery = timed(time, Duration.ofSeconds(30))) {
      cuts(time, Duration.ofSeconds(10), StubConsul.status(504, ""));
      failure(blockingQuery.run(OptionalLong.of(7)));
      page(blockingQuery.run(OptionalLong.of(7)));
      blockingQuery.run(OptionalLong.of(7));
    }
    assertThat(stub.sent().get(3).uri()).endsWith("&wait=8000ms");
  }

  @Test
  void anAgentThatIsLostWhenAWaitIsOverIsAFailure() {
    ManualTime time = new ManualTime();
    try (EcwidBlockingQuery<Snapshot> blockingQuery = timed(time, Duration.ofSeconds(30))) {
      stub.replies(
          exchange -> {
            time.advance(Duration.ofSeconds(30));
            StubConsul.status(503, "").to(exchange);
          });
      assertThat(failure(blockingQuery.run(OptionalLong.of(7))).message()).contains("503");
    }
  }

  @Test
  void aProxyBeforeConsulIsToldWhoAsks() {
    List<String> told = new CopyOnWriteArrayList<>();
    stub.replies(
        exchange -> {
          told.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          StubConsul.page("7", "[]").to(exchange);
        });
    ConsulOptions options =
        stub.options().basicAuth("Aladdin", "open sesame").token(() -> Optional.of(SECRET)).build();
    try (EcwidConsul consul = new EcwidConsul(options, 1);
        BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      page(blockingQuery.run(OptionalLong.empty()));
    }
    assertThat(told).isNotEmpty().containsOnly("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assertThat(stub.sent().get(0).token()).containsExactly(SECRET);
  }

  @Test
  void aHostNameMayHaveAnUnderscore() {
    AgentAddress address = AgentAddress.of(URI.create("http://my_consul:8500/a%20b/"));
    List<HttpHost> asked = new ArrayList<>();
    HttpClient http =
        (HttpClient)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {HttpClient.class},
                (proxy, method, arguments) -> {
                  HttpUriRequest request = (HttpUriRequest) arguments[0];
                  asked.add(URIUtils.extractHost(request.getURI()));
                  assertThat(request.getURI().getRawPath()).startsWith("/a%20b/v1/health/");
                  return null;
                });
    new ConsulRawClient(
            http, address.scheme() + "://" + address.host(), address.port(), address.path())
        .makeGetRequest("/v1/health/service/web");
    assertThat(asked).containsExactly(new HttpHost("my_consul", 8500, "http"));
  }

  @Test
  void aSourceOfTokensThatThrowsCostsOneCall() {
    AtomicBoolean throwing = new AtomicBoolean(true);
    ConsulOptions options =
        stub.options()
            .token(
                () -> {
                  if (throwing.get()) {
                    throw new NoSuchMethodError("a bug of the user");
                  }
                  return Optional.of(SECRET);
                })
            .build();
    stub.replies(StubConsul.page("7", "[]"));
    try (EcwidConsul consul = new EcwidConsul(options, 1);
        BlockingQuery<Snapshot> blockingQuery = consul.instances(WEB)) {
      assertThat(failure(blockingQuery.run(OptionalLong.empty())).message()).contains("token");
      throwing.set(false);
      page(blockingQuery.run(OptionalLong.empty()));
    }
  }

  @Test
  void anAnswerWithoutContentIsOneAndKeepsItsConnection() {
    Set<InetSocketAddress> from = ConcurrentHashMap.newKeySet();
    stub.replies(
        exchange -> {
          from.add(exchange.getRemoteAddress());
          StubConsul.status(200, "").to(exchange);
        });
    try (EcwidConsul consul = consul()) {
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      assertThat(consul.agent().heartbeat("web-1", HealthReport.passing()))
          .isInstanceOf(Result.Ok.class);
      assertThat(from).hasSize(1);
      stub.replies(StubConsul.status(500, ""));
      assertThat(failure(consul.agent().heartbeat("web-1", HealthReport.passing())).message())
          .contains("500");
    }
  }

  @Test
  void queriesThatDoNotWaitShareAConnectionAndCloseForThemselvesAlone() throws Exception {
    Set<InetSocketAddress> from = ConcurrentHashMap.newKeySet();
    CountDownLatch hangs = new CountDownLatch(1);
    stub.replies(
        exchange -> {
          from.add(exchange.getRemoteAddress());
          StubConsul.page("7", "[]").to(exchange);
        });
    EcwidConsul consul = consul();
    BlockingQuery<Snapshot> one = consul.instances(WEB);
    BlockingQuery<Snapshot> other = consul.instances(ServiceQuery.service("shop"));
    page(one.run(OptionalLong.empty()));
    page(other.run(OptionalLong.empty()));
    page(one.run(OptionalLong.empty()));
    assertThat(from).hasSize(1);

    stub.replies(
        exchange -> {
          hangs.countDown();
          stub.trickle(Duration.ofSeconds(1)).to(exchange);
        });
    CompletableFuture<Result<QueryResult<Snapshot>>> hung =
        CompletableFuture.supplyAsync(() -> one.run(OptionalLong.empty()));
    hangs.await();
    one.close();
    assertThat(failure(hung.get(1, TimeUnit.SECONDS)).kind()).isEqualTo(Kind.UNAVAILABLE);
    failure(one.run(OptionalLong.empty()));
    stub.replies(StubConsul.page("8", "[]"));
    page(other.run(OptionalLong.empty()));
    consul.close();
    failure(other.run(OptionalLong.empty()));
  }
}
