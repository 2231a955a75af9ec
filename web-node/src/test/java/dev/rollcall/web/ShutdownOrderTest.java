package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ShutdownListener;
import dev.rollcall.discovery.ShutdownPhase;
import dev.rollcall.discovery.testing.InMemoryRegistry;
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
  private final InMemoryRegistry registry = new InMemoryRegistry();
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
    registry.close();
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
        .containsExactly(
            "left DONE, listed 0, health 503, page 200", "stopping, in flight 0", "closed");
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
    Registration registration =
        registry.connect().register(ServiceDefinition.named("web").port(8080).build());
    assertThat(registry.instances("web")).hasSize(1);
    return LeaveOnTerminate.builder()
        .registration(registration)
        .listener(
            new ShutdownListener() {
              @Override
              public void phaseEnded(
                  ShutdownPhase phase, ShutdownPhase.Outcome outcome, Duration took) {
                noteWhatIsServed(phase, outcome);
              }
            })
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

  private void noteWhatIsServed(ShutdownPhase phase, ShutdownPhase.Outcome outcome) {
    if (phase == ShutdownPhase.LEAVE) {
      try {
        steps.add(
            "left %s, listed %d, health %d, page %d"
                .formatted(
                    outcome,
                    registry.instances("web").size(),
                    server.get("/health").statusCode(),
                    server.get("/").statusCode()));
      } catch (Exception e) {
        steps.add(e.toString());
      }
    }
  }
}
