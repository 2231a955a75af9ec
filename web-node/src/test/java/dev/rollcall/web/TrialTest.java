package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.RequestTracker;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrialTest {

  private static final int MORE_THAN_THE_SERVER_HAS_THREADS = 100;

  private final RequestTracker traffic = new RequestTracker();
  private LoopbackServer server;

  @BeforeEach
  void start() throws Exception {
    server = new LoopbackServer(traffic, new Trial("web-1")::addTo);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({"GET, /trial", "GET, /trial?after=10ms", "POST, /trial?id=a-1", "HEAD, /trial"})
  void tellsTheHost(String method, String path) throws Exception {
    HttpResponse<String> answer = server.send(method, path);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(method.equals("HEAD") ? "" : "web-1\n");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain;charset=utf-8");
  }

  @Test
  void answersNoSoonerThanAskedAndIsInFlightMeanwhile() throws Exception {
    long began = System.nanoTime();
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/trial?after=500ms");
    await().until(() -> traffic.inFlight() == 1);

    assertThat(slow.get().body()).isEqualTo("web-1\n");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(500));
    await().until(() -> traffic.inFlight() == 0);
  }

  @Test
  void slowAnswersHoldNoThread() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
    for (int i = 0; i < MORE_THAN_THE_SERVER_HAS_THREADS; i++) {
      slow.add(server.getAsync("/trial?after=3s"));
    }
    await().until(() -> traffic.inFlight() == MORE_THAN_THE_SERVER_HAS_THREADS);

    assertThat(server.get("/trial").statusCode()).isEqualTo(200);
    assertThat(slow).noneMatch(CompletableFuture::isDone);
    for (CompletableFuture<HttpResponse<String>> each : slow) {
      assertThat(each.get().body()).isEqualTo("web-1\n");
    }
  }

  @Test
  void isUnwellForAsLongAsAskedAndWellAgainByItself() throws Exception {
    assertThat(server.get("/health").statusCode()).isEqualTo(200);

    assertThat(server.send("POST", "/trial/unwell?for=1s").statusCode()).isEqualTo(200);

    assertThat(server.get("/health").statusCode()).isEqualTo(500);
    assertThat(server.get("/trial").statusCode()).as("serves on").isEqualTo(200);
    await().until(() -> server.get("/health").statusCode() == 200);
  }

  @Test
  void tellsWhichMethodsItKnows() throws Exception {
    assertThat(server.send("PUT", "/trial").headers().firstValue("Allow"))
        .hasValueSatisfying(
            methods -> assertThat(methods.split(", ")).containsOnlyOnce("GET", "HEAD", "POST"));
    assertThat(server.get("/trial/unwell").headers().firstValue("Allow")).hasValue("POST");
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /trial?after=31s",
    "GET, /trial?after=soon",
    "POST, /trial",
    "POST, /trial?id=",
    "POST, /trial?id=a%0Adelivered%20b",
    "POST, /trial/unwell?for=1h",
  })
  void refusesWhatItCannotDo(String method, String path) throws Exception {
    HttpResponse<String> answer = server.send(method, path);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains(" must be: ").hasLineCount(1);
  }
}
