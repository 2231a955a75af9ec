package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.Container.ExecResult;

/** An operator puts Consul's data back to what they were, while everybody is connected. */
@Tag("every-consul")
class RestoredSnapshotIT {
  /** Exit codes of {@code timeout} when time was up: of coreutils, and of BusyBox. */
  private static final int TIMED_OUT = 124;

  private static final int TERMINATED = 143;

  @Test
  void aWatchTellsThatConsulWentBackBeforeItHandsOutWhatIsThere() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    DiscoveryListener listener =
        new DiscoveryListener() {
          @Override
          public void watchIndexWentBackwards(ServiceQuery query) {
            told.add("went back");
          }

          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            if (changed) {
              told.add("changed");
            }
          }
        };
    try (ConsulContainer consul = new ConsulContainer()) {
      consul.start();
      try (Discovery discovery = Discovery.connect(optionsOf(consul).listener(listener).build())) {
        Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
        list(consul, "one");
        await().until(() -> ids(watch), Optional.of(List.of("one"))::equals);
        consul(consul, "snapshot", "save", "/tmp/one");
        list(consul, "two");
        await().until(() -> ids(watch), Optional.of(List.of("one", "two"))::equals);
        told.clear();

        consul(consul, "snapshot", "restore", "/tmp/one");

        await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> ids(watch), Optional.of(List.of("one"))::equals);
        assertThat(told).startsWith("went back", "changed");
      }
    }
  }

  @Test
  void theSameDataPutBackTakeNobodyOut() throws Exception {
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    AtomicInteger answers = new AtomicInteger();
    DiscoveryListener counting =
        new DiscoveryListener() {
          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            answers.incrementAndGet();
          }
        };
    try (ConsulContainer consul = new ConsulContainer()) {
      consul.start();
      ConsulOptions options =
          optionsOf(consul).listener(counting).waitTime(Duration.ofSeconds(1)).build();
      try (Discovery discovery = Discovery.connect(options)) {
        List<Watch> watches = new ArrayList<>();
        list(consul, "one");
        for (int i = 0; i < 10; i++) {
          // Each another question, so that they don't share one.
          ServiceQuery query = ServiceQuery.service("web").filter("Service.Port != " + (1000 + i));
          watches.add(discovery.watch(query, seen::add));
        }
        await().until(() -> watches.stream().allMatch(watch -> ids(watch).isPresent()));
        consul(consul, "snapshot", "save", "/tmp/one");
        for (int i = 0; i < 5; i++) {
          consul(consul, "snapshot", "restore", "/tmp/one");
          int before = answers.get();
          await().until(() -> answers.get() > before + 2 * watches.size());
        }
        assertThat(seen).allSatisfy(now -> assertThat(now.instances()).hasSize(1));
        assertThat(watches).noneMatch(Watch::stale);
      }
    }
  }

  private static void list(ConsulContainer consul, String id) {
    String entry =
        "{\"Node\":\"%1$s\",\"Address\":\"198.18.7.7\",\"Service\":{\"ID\":\"%1$s\",\"Service\":\"web\",\"Port\":80}}";
    assertThat(consul.put("/v1/catalog/register", entry.formatted(id))).startsWith("true");
  }

  private static Optional<List<String>> ids(Watch watch) {
    return watch
        .current()
        .map(snapshot -> snapshot.instances().stream().map(ServiceInstance::id).toList());
  }

  /**
   * A {@code consul} command. Where Consul itself hangs in it, which 1.14.11 did once in a restore,
   * with "timed out enqueuing operation" in its log from then on, there is nothing to be tested.
   */
  private static void consul(ConsulContainer consul, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("timeout", "60", "consul"));
    command.addAll(List.of(words));
    ExecResult result = consul.execInContainer(command.toArray(String[]::new));
    boolean hangs = result.getExitCode() == TIMED_OUT || result.getExitCode() == TERMINATED;
    assumeThat(hangs).as("Consul hangs in %s", String.join(" ", words)).isFalse();
    assertThat(result.getExitCode()).as(result.toString()).isZero();
  }
}
