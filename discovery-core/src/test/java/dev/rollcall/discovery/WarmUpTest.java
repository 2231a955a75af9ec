package dev.rollcall.discovery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.rollcall.discovery.internal.concurrent.Clock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger requests = new AtomicInteger();

  @AfterEach
  void clearInterrupt() {
    Thread.interrupted();
  }

  /** A request that takes so many milliseconds by the clock of the test. */
  private Callable<Integer> taking(int millis) {
    return () -> {
      nanos.addAndGet(Duration.ofMillis(millis).toNanos());
      return requests.incrementAndGet();
    };
  }

  private WarmUp warmUp(Callable<?> request) {
    return WarmUp.sending(request)
        .within(Duration.ofMinutes(1))
        .clock(
            new Clock() {
              @Override
              public long nanoTime() {
                return nanos.get();
              }

              @Override
              public boolean await(CountDownLatch latch, Duration atMost) {
                throw new UnsupportedOperationException();
              }
            });
  }

  private static boolean hasSettled(Integer... millis) {
    return WarmUp.hasSettled(Stream.of(millis).map(Duration::ofMillis).toList());
  }

  @Test
  void hasSettledWhenThreeRoundsBringNoBetterOne() {
    assertThat(hasSettled(100, 50, 20)).isFalse();
    assertThat(hasSettled(100, 50, 20, 10)).isFalse();
    assertThat(hasSettled(100, 10, 20, 10, 10)).isTrue();
    assertThat(hasSettled(100, 10, 20, 8, 10)).isFalse();
    assertThat(hasSettled(10, 10, 10)).isFalse();
    assertThat(hasSettled(10, 10, 10, 10)).isTrue();
  }

  @Test
  void endsWhenResponseTimesNoLongerFall() {
    WarmUp.Result result =
        warmUp(
                () -> {
                  int sent = requests.get();
                  return taking(sent < 100 ? 40 : sent < 200 ? 20 : 10).call();
                })
            .run();

    assertThat(result.settled()).isTrue();
    assertThat(result.requests()).isEqualTo(600);
    assertThat(result.failures()).isZero();
    assertThat(result.p99()).isEqualTo(Duration.ofMillis(10));
    assertThat(result.took()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void oneSlowRequestInAHundredDoesNotCount() {
    WarmUp.Result result = warmUp(() -> taking(requests.get() % 100 == 7 ? 500 : 1).call()).run();

    assertThat(result.p99()).isEqualTo(Duration.ofMillis(1));
    assertThat(result.requests()).isEqualTo(400);
  }

  @Test
  void endsAtItsLimit() {
    WarmUp.Result result = warmUp(taking(30)).within(Duration.ofSeconds(1)).run();

    assertThat(result.settled()).isFalse();
    assertThat(result.requests()).isEqualTo(34);
    assertThat(result.p99()).isZero();
    assertThat(result)
        .asString()
        .startsWith("34 requests (0 failed) in 1020 ms")
        .endsWith("settled");
  }

  @Test
  void aServiceThatAnswersNothingIsAskedTenTimes() {
    WarmUp.Result result =
        warmUp(
                () -> {
                  throw new IOException("refused");
                })
            .run();

    assertThat(result.requests()).isEqualTo(10);
    assertThat(result.failures()).isEqualTo(10);
    assertThat(result.settled()).isFalse();
  }

  @Test
  void failuresAmongAnswersDoNotEndIt() {
    WarmUp.Result result =
        warmUp(
                () -> {
                  if (taking(1).call() % 3 == 0) {
                    throw new IOException("now and then");
                  }
                  return 0;
                })
            .run();

    assertThat(result.failures()).isGreaterThan(10);
    assertThat(result.settled()).isTrue();
  }

  @Test
  void endsWhenInterruptedAndStaysSo() {
    WarmUp.Result result =
        warmUp(
                () -> {
                  throw new InterruptedException();
                })
            .run();

    assertThat(result.requests()).isEqualTo(1);
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
  }

  @Test
  void asksForThePage() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          byte[] body = "x".repeat(10_000).getBytes(UTF_8);
          exchange.sendResponseHeaders(
              exchange.getRequestURI().getPath().equals("/") ? 200 : 404, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.createContext(
        "/broken",
        exchange -> {
          exchange.sendResponseHeaders(500, -1);
          exchange.close();
        });
    server.start();
    try {
      URI root = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      WarmUp.Result result = WarmUp.requesting(root).run();
      assertThat(result.failures()).isZero();
      assertThat(result.requests()).isEqualTo(requests.get()).isPositive();

      assertThat(
              WarmUp.requesting(root.resolve("/nothing"))
                  .within(Duration.ofMillis(200))
                  .run()
                  .failures())
          .isZero();
      assertThat(WarmUp.requesting(root.resolve("/broken")).run().failures()).isEqualTo(10);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void refusesWhatIsNoPageOrNoLimit() {
    assertThatThrownBy(() -> WarmUp.requesting(URI.create("file:///etc/passwd")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be an http or https address");
    assertThatThrownBy(() -> warmUp(taking(1)).within(Duration.ofMinutes(11)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("limit of the warm-up");
    assertThatThrownBy(() -> warmUp(taking(1)).environment(Map.of("WARM_UP_LIMIT", "soon")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("WARM_UP_LIMIT");
  }

  @Test
  void takesItsLimitFromTheEnvironment() {
    WarmUp warmUp = warmUp(taking(30));

    assertThat(warmUp.environment(Map.of("WARM_UP_LIMIT", "90ms")).run().requests()).isEqualTo(3);
    assertThat(warmUp.environment(Map.of("WARM_UP_LIMIT", "0s")).run().requests()).isZero();
    assertThat(warmUp.within(Duration.ofMillis(50)).environment(Map.of()).run().requests())
        .isEqualTo(2);
  }
}
