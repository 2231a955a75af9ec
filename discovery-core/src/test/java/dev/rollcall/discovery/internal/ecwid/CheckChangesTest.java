package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import dev.rollcall.discovery.internal.net.AgentAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CheckChangesTest {

  private final StubConsul stub = new StubConsul();
  private final ManualTime time = new ManualTime();
  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final List<String> changed = new ArrayList<>();
  private boolean polling = true;
  private final CheckChanges changes;

  CheckChangesTest() throws IOException {
    ConsulOptions options = stub.options().waitTime(Duration.ofSeconds(25)).build();
    ConsulHttpClient http =
        new ConsulHttpClient(
            AgentAddress.of(stub.address()),
            options,
            EcwidConsul.sslContext(options.tls()),
            2,
            timer);
    changes = new CheckChanges(http, options, () -> polling, changed::add, time);
  }

  @AfterEach
  void close() {
    changes.close();
    stub.close();
    timer.shutdownNow();
  }

  private static String check(String id, String service, String status) {
    return "{\"CheckID\": \"%s\", \"ServiceName\": \"%s\", \"Status\": \"%s\"}"
        .formatted(id, service, status);
  }

  private Duration step(String index, String... checks) {
    stub.replies(StubConsul.page(index, "[" + String.join(",", checks) + "]"));
    return changes.step();
  }

  private String lastSent() {
    return stub.sent().get(stub.sent().size() - 1).uri();
  }

  @Test
  void tellsWhoseChecksAreNewGoneOrDifferent() {
    String node = check("serfHealth", "", "passing");
    step("7", node, check("1", "a", "passing"), check("2", "b", "passing"));
    assertThat(changed).as("of the first answer").isEmpty();
    assertThat(lastSent()).isEqualTo("/v1/health/state/any?stale");

    step("8", node, check("1", "a", "passing"), check("2", "b", "passing"));
    assertThat(lastSent()).isEqualTo("/v1/health/state/any?stale&index=7&wait=25000ms");
    assertThat(changed).isEmpty();

    step("9", node, check("1", "a", "critical"), check("2", "b", "passing"));
    assertThat(changed).containsExactly("a");
    changed.clear();
    step("10", check("serfHealth", "", "critical"), check("2", "b", "passing"));
    assertThat(changed).as("gone").containsExactly("a");
    changed.clear();
    step("11", check("2", "b", "passing"), check("3", "b", "passing"), check("4", "c", "passing"));
    assertThat(changed).as("new").containsExactly("b", "c");
  }

  @Test
  void restsAfterAnAnswerAndBacksOffAfterAFailure() {
    assertThat(step("7", check("1", "a", "passing"))).isEqualTo(Duration.ofMillis(100));
    stub.replies(StubConsul.status(500, "No cluster leader"));
    assertThat(changes.step()).isBetween(Duration.ZERO, Duration.ofMillis(250));
    assertThat(changes.step()).isBetween(Duration.ZERO, Duration.ofMillis(500));

    step("3", check("1", "a", "critical"));
    assertThat(lastSent()).as("without an index").isEqualTo("/v1/health/state/any?stale");
    assertThat(changed).as("what has changed meanwhile").containsExactly("a");
  }

  @Test
  void anAnswerThatIsNoListIsAFailure() {
    stub.replies(StubConsul.page("7", "{}"));
    changes.step();
    changes.step();
    assertThat(stub.sent())
        .extracting(StubConsul.Sent::uri)
        .containsOnly("/v1/health/state/any?stale");
  }

  @Test
  void anIndexThatGoesBackwardsIsNotWaitedFor() {
    step("7", check("1", "a", "passing"));
    step("5", check("1", "a", "passing"));
    step("5", check("1", "a", "passing"));
    assertThat(lastSent()).isEqualTo("/v1/health/state/any?stale");
  }

  @Test
  void asksNothingWhileNoQueryIsPolled() {
    polling = false;
    assertThat(changes.step()).isEqualTo(Duration.ofSeconds(2));
    assertThat(stub.sent()).isEmpty();
  }

  @Test
  void ofManyServicesThatChangeAtOnceAHundredAreTold() {
    step("7");
    String[] many =
        IntStream.range(0, 300)
            .mapToObj(i -> check("c" + i, "s" + i, "passing"))
            .toArray(String[]::new);
    step("8", many);
    assertThat(changed).hasSize(100);
    assertThat(changed.stream().distinct().collect(Collectors.toList())).hasSize(100);
  }

  @Test
  void closingEndsARequestThatWaits() throws Exception {
    stub.replies(stub.trickle(Duration.ofMinutes(1)));
    CompletableFuture<Duration> step = CompletableFuture.supplyAsync(changes::step);
    await().until(() -> stub.sent().size() == 1);
    changes.close();
    assertThat(step.get(10, TimeUnit.SECONDS)).isNotNull();
  }
}
