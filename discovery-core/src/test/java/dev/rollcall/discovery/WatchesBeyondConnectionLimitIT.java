package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches for which there is no connection are polled: a change is seen within seconds. */
class WatchesBeyondConnectionLimitIT {

  private static final int MANY = 40;
  private static final String LAST = "s-" + (MANY - 1);
  private static final Duration SOON = Duration.ofSeconds(4);
  private static final ConsulContainer consul = new ConsulContainer();

  private final AtomicInteger answers = new AtomicInteger();
  private final Set<String> failed = ConcurrentHashMap.newKeySet();
  private final DiscoveryListener listener =
      new DiscoveryListener() {
        @Override
        public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
          answers.incrementAndGet();
        }

        @Override
        public void watchFailed(ServiceQuery query, ConsulFailure failure) {
          failed.add(query.service());
        }
      };
  private final Discovery discovery =
      Discovery.connect(
          optionsOf(consul)
              .connections(16)
              .waitTime(Duration.ofSeconds(2))
              .listener(listener)
              .build());
  private List<Watch> watches = List.of();

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @BeforeEach
  void watchMany() {
    watches =
        IntStream.range(0, MANY)
            .mapToObj(i -> discovery.watch(ServiceQuery.service("s-" + i), now -> {}))
            .toList();
    awaitAllFresh();
  }

  private void awaitAllFresh() {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> watches.stream().noneMatch(WatchesBeyondConnectionLimitIT::isOld));
  }

  private static boolean isOld(Watch watch) {
    return watch.stale() || watch.age().compareTo(Duration.ofSeconds(5)) > 0;
  }

  @AfterEach
  void close() {
    discovery.close();
    for (String id : List.of("last-1", "last-2", "last-3")) {
      consul.put("/v1/agent/service/deregister/" + id, "");
    }
  }

  private Watch last() {
    return watches.get(MANY - 1);
  }

  private int instances() {
    return last().current().orElseThrow().instances().size();
  }

  private void register(String id, String checks) {
    consul.put(
        "/v1/agent/service/register",
        "{\"ID\": \"%s\", \"Name\": \"%s\", \"Address\": \"198.18.0.1\", \"Port\": 80, %s}"
            .formatted(id, LAST, checks));
  }

  private static final String TTL =
      "\"Check\": {\"CheckID\": \"beat\", \"TTL\": \"60s\", \"Status\": \"passing\"}";
  private static final String NONE = "\"Meta\": {\"a\": \"b\"}";

  @Test
  void aChangeIsSeenWithinSecondsWithACheckAndWithout() {
    register("last-1", TTL);
    await().atMost(SOON).until(() -> instances() == 1);
    consul.put("/v1/agent/check/fail/beat", "");
    await().atMost(SOON).until(() -> instances() == 0);
    consul.put("/v1/agent/check/pass/beat", "");
    await().atMost(SOON).until(() -> instances() == 1);
    register("last-2", NONE);
    await().atMost(SOON).until(() -> instances() == 2);
    consul.put("/v1/agent/service/deregister/last-2", "");
    await().atMost(SOON).until(() -> instances() == 1);
    assertThat(failed).isEmpty();
  }

  /** Within half the time between two polls each time, which does not come about by chance. */
  @Test
  void aChangeOfAServicesChecksIsSeenBeforeItsTurn() {
    int many = 400;
    try (Discovery crowd = Discovery.connect(optionsOf(consul).connections(16).build())) {
      List<Watch> polled =
          IntStream.range(0, many)
              .mapToObj(i -> crowd.watch(ServiceQuery.service("s-" + i), now -> {}))
              .toList();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> polled.stream().allMatch(watch -> watch.current().isPresent()));
      Duration half = Duration.ofMillis(20).multipliedBy(many).dividedBy(2);
      Watch one = polled.get(MANY - 1);
      for (int round = 0; round < 6; round++) {
        int instances = (round + 1) % 2;
        if (instances == 1) {
          register("last-1", TTL);
        } else {
          consul.put("/v1/agent/service/deregister/last-1", "");
        }
        await()
            .atMost(half)
            .until(() -> one.current().orElseThrow().instances().size() == instances);
      }
    }
  }

  @Test
  void anotherAddressOfANodeIsSeenWithinSeconds() {
    String node = "{\"Node\": \"far\", \"Address\": \"198.18.0.%d\"";
    consul.put(
        "/v1/catalog/register",
        node.formatted(7) + ", \"Service\": {\"Service\": \"%s\", \"Port\": 80}}".formatted(LAST));
    await().atMost(SOON).until(() -> instances() == 1);
    awaitAllFresh();
    consul.put("/v1/catalog/register", node.formatted(8) + "}");
    await()
        .atMost(SOON)
        .until(
            () -> last().current().orElseThrow().instances().get(0).address().equals("198.18.0.8"));
    consul.put("/v1/catalog/deregister", "{\"Node\": \"far\"}");
    await().atMost(SOON).until(() -> instances() == 0);
  }

  @Test
  void whileNothingChangesNoneIsStaleAndNoneAsksMoreOftenThanEveryTwoSeconds() {
    answers.set(0);
    await()
        .atMost(Duration.ofSeconds(12))
        .during(Duration.ofSeconds(10))
        .until(() -> watches.stream().noneMatch(WatchesBeyondConnectionLimitIT::isOld));
    assertThat(answers.get()).isBetween(MANY * 2, MANY * 7);
  }

  @Test
  void aRestartOfConsulIsSurvived() {
    register("last-1", TTL);
    await().atMost(SOON).until(() -> instances() == 1);
    consul.restartWithoutData();
    await().atMost(Duration.ofSeconds(30)).until(() -> !failed.isEmpty());
    await().atMost(Duration.ofSeconds(60)).until(() -> instances() == 0);
    awaitAllFresh();
    register("last-3", NONE);
    await().atMost(SOON).until(() -> instances() == 1);
    register("last-1", TTL);
    await().atMost(SOON).until(() -> instances() == 2);
  }
}
