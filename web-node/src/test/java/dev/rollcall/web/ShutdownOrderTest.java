package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RegistrationState;
import dev.rollcall.discovery.RequestTracker;
import java.net.ConnectException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The node's server and the library's sequence together, as {@link WebNode} wires them. */
class ShutdownOrderTest {

  private static final Duration QUIET = Duration.ofMillis(300);

  private final RequestTracker traffic = new RequestTracker();
  private final CountDownLatch arrived = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final List<String> steps = new CopyOnWriteArrayList<>();
  private LoopbackServer server;

  @BeforeEach
  void start() throws Exception {
    server =
        new LoopbackServer(
            traffic,
            routes -> {
              routes.get("/", ctx -> ctx.result("host"));
              routes.get(
                  "/slow",
                  ctx -> {
                    arrived.countDown();
                    ctx.result("released: " + goOn.await(20, TimeUnit.SECONDS));
                  });
            });
  }

  @AfterEach
  void stop() {
    goOn.countDown();
    server.close();
  }

  @Test
  void leavesBeforeItStopsAndServesInBetween() throws Exception {
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Void> left = CompletableFuture.runAsync(leave(Duration.ofSeconds(15)));
    await().until(() -> steps.size() == 1);
    long began = System.nanoTime();
    await()
        .atMost(Duration.ofSeconds(5))
        .until(() -> System.nanoTime() - began > QUIET.multipliedBy(3).toNanos());
    HttpResponse<String> meanwhile = server.get("/");
    goOn.countDown();
    left.get(20, TimeUnit.SECONDS);

    assertThat(steps)
        .containsExactly("left, health 503, page 200", "stopping, in flight 0", "closed");
    assertThat(meanwhile.statusCode()).as("still serving past the quiet period").isEqualTo(200);
    assertThat(slow.get(1, TimeUnit.SECONDS).body()).isEqualTo("released: true");
    assertThat(server.getAsync("/"))
        .failsWithin(Duration.ofSeconds(5))
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(ConnectException.class);
  }

  @Test
  void stopsWithinTheLimitThoughItNeverGetsQuiet() throws Exception {
    CompletableFuture<HttpResponse<String>> slow = server.getAsync("/slow");
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Void> left = CompletableFuture.runAsync(leave(Duration.ofMillis(500)));
    await().until(() -> steps.contains("stopping, in flight 1"));
    goOn.countDown();

    left.get(10, TimeUnit.SECONDS);
    assertThat(slow.get(1, TimeUnit.SECONDS).body()).isEqualTo("released: true");
    assertThat(steps).endsWith("closed");
  }

  @Test
  void doesNotTakeHealthChecksForTraffic() throws Exception {
    CompletableFuture<Void> left = CompletableFuture.runAsync(leave(Duration.ofSeconds(15)));

    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(5))
        .until(
            () -> {
              server.getAsync("/health").exceptionally(stopped -> null).get(5, TimeUnit.SECONDS);
              return left.isDone();
            });

    assertThat(steps).endsWith("stopping, in flight 0", "closed");
  }

  private LeaveOnTerminate leave(Duration limit) {
    return LeaveOnTerminate.builder()
        .registration(new Recorded())
        .notReady(server.node::leaving)
        .traffic(traffic)
        .quietPeriod(QUIET)
        .drainLimit(limit)
        .stopTimeout(NodeServer.STOP_LIMIT.plusSeconds(1))
        .stopServer(
            () -> {
              steps.add("stopping, in flight " + traffic.inFlight());
              server.node.stop();
            })
        .then(() -> steps.add("closed"))
        .build();
  }

  /** A registration that looks at the server at the moment it leaves. */
  private final class Recorded implements Registration {

    @Override
    public String id() {
      return "web-1";
    }

    @Override
    public void beginMaintenance(String reason) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void endMaintenance() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void weights(int passing, int warning) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void tags(List<String> tags) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean settled() {
      return true;
    }

    @Override
    public RegistrationState state() {
      return RegistrationState.PASSING;
    }

    @Override
    public boolean leave() {
      return leaveAsync().join();
    }

    @Override
    public CompletableFuture<Boolean> leaveAsync() {
      try {
        steps.add(
            "left, health %d, page %d"
                .formatted(server.get("/health").statusCode(), server.get("/").statusCode()));
        return CompletableFuture.completedFuture(true);
      } catch (Exception e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public void close() {
      leave();
    }
  }
}
