package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.RequestTracker;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeServerTest {

  private final RequestTracker traffic = new RequestTracker();
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private LoopbackServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        new LoopbackServer(
            traffic,
            routes -> {
              routes.get("/", ctx -> ctx.result("in flight: " + traffic.inFlight()));
              routes.get(
                  "/slow",
                  ctx -> {
                    arrived.countDown();
                    boolean released = goOn.await(20, TimeUnit.SECONDS);
                    ctx.result("released: " + released);
                  });
              routes.get(
                  "/broken",
                  ctx -> {
                    throw new IllegalStateException("on purpose");
                  });
            });
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    server.close();
  }

  @Test
  void isHealthyUntilItLeaves() throws Exception {
    assertThat(server.get("/health"))
        .returns(200, HttpResponse::statusCode)
        .returns("ok\n", HttpResponse::body);
    assertThat(server.head("/health").statusCode()).isEqualTo(200);

    server.node.leaving();

    assertThat(server.get("/health"))
        .returns(503, HttpResponse::statusCode)
        .returns("leaving\n", HttpResponse::body);
    assertThat(server.head("/health").statusCode()).isEqualTo(503);
    assertThat(server.get("/").statusCode()).as("serves on").isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/health", "/nothing", "/broken"})
  void asksForItsConnectionsToBeClosedOnceItLeaves(String path) throws Exception {
    assertThat(server.get(path).headers().firstValue("Connection")).isEmpty();

    server.node.leaving();

    assertThat(server.get(path).headers().firstValue("Connection")).hasValue("close");
  }

  @Test
  void closesTheConnectionOfARequestThatCameBeforeItLeft() throws Exception {
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

    server.node.leaving();
    goOn.countDown();

    assertThat(slow.get(10, TimeUnit.SECONDS).headers().firstValue("Connection")).hasValue("close");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /nothing, 404, not found",
    "GET, /index.html, 404, not found",
    "POST, /nothing, 404, not found",
    "POST, /, 405, only GET",
    "PUT, /, 405, only GET",
    "DELETE, /health, 405, only GET",
    "OPTIONS, /, 405, only GET",
    "GET, /broken, 500, internal error",
  })
  void answersTheRestInPlainWords(String method, String path, int status, String line)
      throws Exception {
    for (String accept : new String[] {"*/*", "text/html", "application/json"}) {
      HttpResponse<String> answer = server.send(method, path, "Accept", accept);

      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.body()).isEqualTo(line + "\n");
      assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain;charset=utf-8");
      assertThat(answer.headers().firstValue("Allow").isPresent()).isEqualTo(status == 405);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/health", "/nothing", "/broken"})
  void tellsNothingOfItselfAndAllowsNoGuesses(String path) throws Exception {
    HttpResponse<String> answer = server.get(path);

    assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
    assertThat(answer.headers().map()).doesNotContainKeys("server", "x-powered-by", "set-cookie");
  }

  @Test
  void refusesEndlessHeadersAndServesOn() throws Exception {
    String endless = exchange("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");

    assertThat(endless).startsWith("HTTP/1.1 431 ").doesNotContainIgnoringCase("jetty");
    assertThat(server.get("/").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        "\u0016\u0003\u0001 hello\r\n\r\n",
      })
  void refusesWhatIsNoProperRequest(String bytes) throws Exception {
    assertThat(exchange(bytes))
        .matches("(?s)HTTP/1.1 (400|505) .*")
        .doesNotContainIgnoringCase("jetty");
    assertThat(traffic.inFlight()).isZero();
  }

  @Test
  void countsRequestsInFlightOnOneConnection() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(server.get("/").body()).isEqualTo("in flight: 1");
      await().untilAsserted(() -> assertThat(traffic.inFlight()).isZero());
    }
  }

  @Test
  void isQuietWhileAConnectionIsKeptAliveAndHealthIsAsked() throws Exception {
    server.get("/");
    await().until(() -> traffic.inFlight() == 0);
    Duration before = traffic.quietFor();

    server.get("/health");
    server.head("/health");

    assertThat(traffic.quietFor()).isGreaterThan(before);
  }

  @Test
  void isBusyWhileARequestIsSlow() throws Exception {
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

    assertThat(traffic.inFlight()).isEqualTo(1);
    assertThat(traffic.quietFor()).isZero();

    goOn.countDown();
    assertThat(slow.get(10, TimeUnit.SECONDS).body()).isEqualTo("released: true");
    await().untilAsserted(() -> assertThat(traffic.inFlight()).isZero());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/broken", "/nothing"})
  void countsRequestsThatFail(String path) throws Exception {
    server.get(path);

    await().untilAsserted(() -> assertThat(traffic.inFlight()).isZero());
  }

  @Test
  void countsARequestThatItsClientGaveUpUntilItEnds() throws Exception {
    try (Socket client = server.connect()) {
      client.setSoLinger(true, 0);
      write(client, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(traffic.inFlight()).as("still being worked on").isEqualTo(1);

    goOn.countDown();

    await().untilAsserted(() -> assertThat(traffic.inFlight()).isZero());
  }

  @Test
  void letsARequestInFlightEndThoughItClosesIdleConnections() throws Exception {
    try (Socket idle = server.connect()) {
      CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
      assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

      CompletableFuture<Void> stopped = CompletableFuture.runAsync(server.node::stop);

      assertThat(idle.getInputStream().read()).as("closed by the server").isEqualTo(-1);
      assertThat(refusesConnections()).isTrue();
      assertThat(stopped).isNotDone();
      goOn.countDown();
      assertThat(slow.get(10, TimeUnit.SECONDS).body()).isEqualTo("released: true");
      stopped.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void stopsInBoundedTimeThoughARequestNeverEnds() throws Exception {
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Void> stopped = CompletableFuture.runAsync(server.node::stop);

    assertThat(stopped).succeedsWithin(NodeServer.STOP_LIMIT.plusSeconds(3));
    assertThat(slow).as("cut off").failsWithin(Duration.ofSeconds(5));
  }

  @Test
  void findsOutThatThePortIsTaken() {
    InetSocketAddress taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port);

    assertThatThrownBy(() -> NodeServer.listen(taken)).isInstanceOf(BindException.class);
  }

  private boolean refusesConnections() {
    try {
      server.connect().close();
      return false;
    } catch (IOException refused) {
      return true;
    }
  }

  private String exchange(String request) throws IOException {
    try (Socket client = server.connect()) {
      write(client, request);
      client.shutdownOutput();
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static void write(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    client.getOutputStream().flush();
  }
}
