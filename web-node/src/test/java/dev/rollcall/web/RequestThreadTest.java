package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.RequestTracker;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestThreadTest {

  private static final int MORE_THAN_THREADS_THAT_READ = 30;

  /** Their answers are more than the buffers of a connection hold. */
  private static final int MORE_THAN_FITS = 40_000;

  private final RequestTracker traffic = new RequestTracker();
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final AtomicInteger begun = new AtomicInteger();
  private HostPage page;
  private LoopbackServer server;

  @BeforeEach
  void start() throws Exception {
    page = new HostPage("web-1", "web", "web-web-1-8080");
    server = new LoopbackServer(traffic, this::addTo);
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    server.close();
  }

  private void addTo(RoutesConfig routes) {
    page.addTo(routes);
    routes.before(this::tellThread);
    routes.get(
        "/slow",
        ctx -> {
          boolean released = goOn.await(20, TimeUnit.SECONDS);
          ctx.result("released: " + released);
        });
  }

  private void tellThread(Context ctx) {
    begun.incrementAndGet();
    boolean reads =
        Arrays.stream(Thread.currentThread().getStackTrace())
            .anyMatch(frame -> frame.getClassName().endsWith(".AdaptiveExecutionStrategy"));
    ctx.header("Thread", reads ? "that reads" : "of its own");
    ctx.header("Thread-Name", Thread.currentThread().getName());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /, that reads",
    "HEAD, /, that reads",
    "GET, /?a=b, that reads",
    "GET, /health, of its own",
    "GET, /nothing, of its own",
    "GET, /;a=b, of its own",
    "POST, /, of its own",
  })
  void givesARequestAThreadOfItsOwnUnlessThePageAnswersIt(String method, String path, String thread)
      throws Exception {
    assertThat(server.send(method, path).headers().firstValue("Thread")).hasValue(thread);
  }

  @Test
  void givesAThreadToARequestWhoseMethodAHeaderChanges() throws Exception {
    HttpResponse<String> answer = server.get("/", "X-HTTP-Method-Override", "DELETE");

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Thread")).hasValue("of its own");
  }

  @Test
  void answersThePageOnOneThreadThatStaysTheSame() throws Exception {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < MORE_THAN_THREADS_THAT_READ; i++) {
      names.add(server.get("/").headers().firstValue("Thread-Name").orElseThrow());
    }

    assertThat(names).hasSize(1);
  }

  @Test
  void answersThePageWhileOthersWait() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
    for (int i = 0; i < MORE_THAN_THREADS_THAT_READ; i++) {
      slow.add(server.getAsync("/slow"));
    }
    await().until(() -> traffic.inFlight() == MORE_THAN_THREADS_THAT_READ);

    assertThat(server.get("/").body()).isEqualTo("web-1\n");
    assertThat(server.get("/health").body()).isEqualTo("ok\n");
    assertThat(slow).noneMatch(CompletableFuture::isDone);

    goOn.countDown();
    for (CompletableFuture<HttpResponse<String>> each : slow) {
      assertThat(each.get(10, TimeUnit.SECONDS).body()).isEqualTo("released: true");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: PUT\r\n\r\n",
        "GET /;a HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
      })
  void isNotHeldUpByAClientThatReadsNoAnswer(String request) throws Exception {
    byte[] requests = request.repeat(MORE_THAN_FITS).getBytes(StandardCharsets.ISO_8859_1);
    try (Socket client = server.connect()) {
      CompletableFuture<Void> written = CompletableFuture.runAsync(() -> write(client, requests));
      AtomicInteger before = new AtomicInteger();
      await()
          .during(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> traffic.inFlight() == 1 && before.getAndSet(begun.get()) == begun.get());

      assertThat(server.get("/").body()).isEqualTo("web-1\n");
      assertThat(server.get("/health").body()).isEqualTo("ok\n");
      assertThat(traffic.inFlight()).as("waits for its client still").isEqualTo(1);
      assertThat(written).isNotCompletedExceptionally();
    }
    await().untilAsserted(() -> assertThat(traffic.inFlight()).isZero());
  }

  private static void write(Socket client, byte[] bytes) {
    try {
      client.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("was closed", e);
    }
  }
}
