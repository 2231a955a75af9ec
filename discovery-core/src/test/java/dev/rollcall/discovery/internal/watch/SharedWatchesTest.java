package dev.rollcall.discovery.internal.watch;

import static dev.rollcall.discovery.internal.watch.TestSnapshots.page;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import dev.rollcall.discovery.internal.ConsulDiscovery;
import dev.rollcall.discovery.internal.api.AgentApi;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.ConsulApi;
import dev.rollcall.discovery.internal.api.FakeAgent;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.DaemonThreads;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Watches through the whole library, over a catalog that answers when the test says so. */
class SharedWatchesTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");

  private final BlockingQueue<Result<QueryResult<Snapshot>>> answers = new LinkedBlockingQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final FakeAgent agent = new FakeAgent();
  private final Discovery discovery =
      new ConsulDiscovery(ConsulOptions.builder().build(), new FakeConsul());

  @AfterEach
  void close() {
    discovery.close();
  }

  private void answer(long index, String... ids) {
    answers.add(new Result.Ok<>(page(index, ids)));
  }

  private static Snapshot snapshot(String... ids) {
    return new Snapshot(WEB, page(1, ids).found().instances());
  }

  @Test
  void equalQueriesShareAConnectionUntilTheLastIsClosed() {
    Watch first = discovery.watch(WEB, snapshot -> {});
    Watch second = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
    Watch other = discovery.watch(ServiceQuery.service("web").tag("java"), snapshot -> {});
    awaitOpen(2);

    other.close();
    first.close();
    first.close();
    awaitOpen(1);
    second.close();
    awaitOpen(0);

    discovery.watch(WEB, snapshot -> {});
    awaitOpen(1);
  }

  private void awaitOpen(int connections) {
    await().during(Duration.ofMillis(100)).until(() -> open.get() == connections);
  }

  @Test
  void aLateListenerIsToldWhatIsKnown() {
    answer(1, "a");
    Watch first = discovery.watch(WEB, snapshot -> {});
    await().until(() -> first.current().isPresent());

    List<Snapshot> late = new CopyOnWriteArrayList<>();
    discovery.watch(WEB, late::add);
    await().until(() -> late.equals(List.of(snapshot("a"))));
  }

  @Test
  void aSlowListenerGetsTheLatestAndHoldsUpNobody() {
    CountDownLatch slow = new CountDownLatch(1);
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    Watch watch =
        discovery.watch(
            WEB,
            snapshot -> {
              seen.add(snapshot);
              Assertions.assertThatCode(slow::await).doesNotThrowAnyException();
            });
    answer(1, "a");
    await().until(() -> seen.size() == 1);
    answer(2, "a", "b");
    answer(3, "a", "b", "c");
    await().until(() -> watch.current().equals(Optional.of(snapshot("a", "b", "c"))));
    slow.countDown();
    await().until(() -> seen.size() == 2);
    assertThat(seen).containsExactly(snapshot("a"), snapshot("a", "b", "c"));
  }

  @Test
  void aListenerThatThrowsIsToldOfTheNextChangeAndHurtsNobody() {
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    List<Snapshot> others = new CopyOnWriteArrayList<>();
    try (LogCapture logged = new LogCapture()) {
      discovery.watch(
          WEB,
          snapshot -> {
            seen.add(snapshot);
            throw new AssertionError("a bug of the user");
          });
      discovery.watch(WEB, others::add);
      answer(1, "a");
      await().until(() -> seen.contains(snapshot("a")) && others.size() == 1);
      answer(2, "b");
      await().until(() -> seen.contains(snapshot("b")) && others.size() == 2);
      await().until(() -> logged.lines().size() == 2);
      assertThat(logged.lines())
          .as("once for each snapshot, however often it is told again")
          .containsOnly("WARN A listener of the watch of web threw; it is told again");
    }
  }

  @Test
  void whatAListenerThrewOnIsToldAgainUntilItReturns() {
    AtomicInteger calls = new AtomicInteger();
    List<Snapshot> taken = new CopyOnWriteArrayList<>();
    discovery.watch(
        WEB,
        snapshot -> {
          if (calls.incrementAndGet() <= 3) {
            throw new OutOfMemoryError("for a moment");
          }
          taken.add(snapshot);
        });
    answer(1, "a");
    await().until(() -> taken.equals(List.of(snapshot("a"))));
    assertThat(calls).hasValue(4);
  }

  @Test
  void whatTheDiscoveryListenerThrowsKeepsNoChangeFromBeingTold() {
    watchesGoOnThough(
        new DiscoveryListener() {
          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            throw new NoSuchMethodError("a bug of the user");
          }
        });
  }

  @Test
  void aDiscoveryListenerThatBlocksHoldsUpNoChange() {
    CountDownLatch never = new CountDownLatch(1);
    watchesGoOnThough(
        new DiscoveryListener() {
          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            Assertions.assertThatCode(never::await).doesNotThrowAnyException();
          }
        });
    never.countDown();
  }

  @Test
  void anInterruptThatAListenerLeavesBehindEndsNoWatch() {
    watchesGoOnThough(
        new DiscoveryListener() {
          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private void watchesGoOnThough(DiscoveryListener listener) {
    ConsulOptions options = ConsulOptions.builder().listener(listener).build();
    try (Discovery other = new ConsulDiscovery(options, new FakeConsul())) {
      List<Snapshot> seen = new CopyOnWriteArrayList<>();
      other.watch(WEB, seen::add);
      answer(1, "a");
      await().until(() -> seen.equals(List.of(snapshot("a"))));
      answer(2, "b");
      await().until(() -> seen.equals(List.of(snapshot("a"), snapshot("b"))));
      List<Snapshot> late = new CopyOnWriteArrayList<>();
      other.watch(WEB, late::add);
      answer(3, "c");
      await().until(() -> late.contains(snapshot("c")) && seen.contains(snapshot("c")));
    }
  }

  @Test
  void theDiscoveryListenerKnowsOfAnAnswerBeforeTheOthersGetIt() {
    List<String> order = new CopyOnWriteArrayList<>();
    DiscoveryListener listener =
        new DiscoveryListener() {
          @Override
          public void watchAnswered(ServiceQuery query, boolean changed, Duration took) {
            order.add("answered");
          }
        };
    ConsulOptions options = ConsulOptions.builder().listener(listener).build();
    try (Discovery other = new ConsulDiscovery(options, new FakeConsul())) {
      other.watch(WEB, snapshot -> order.add("snapshot"));
      answer(1, "a");
      await().until(() -> order.equals(List.of("answered", "snapshot")));
    }
  }

  @Test
  void aThreadThatCannotBeStartedIsTriedAgain() {
    AtomicInteger tries = new AtomicInteger();
    DaemonThreads threads =
        new DaemonThreads() {
          @Override
          public Thread watch(Runnable loop) {
            return tries.incrementAndGet() <= 2
                ? new Thread(loop) {
                  @Override
                  public synchronized void start() {
                    throw new OutOfMemoryError("unable to create native thread");
                  }
                }
                : super.watch(loop);
          }
        };
    try (Discovery other =
        new ConsulDiscovery(
            ConsulOptions.builder().build(),
            new FakeConsul(),
            Clock.system(),
            threads,
            new Random(1))) {
      Watch first = other.watch(WEB, snapshot -> {});
      Watch second = other.watch(WEB, snapshot -> {});
      assertThat(second.stale()).isTrue();
      answer(1, "a");
      await().until(() -> second.current().equals(Optional.of(snapshot("a"))));
      assertThat(first.current()).isEqualTo(second.current());
      assertThat(tries).hasValue(3);
    }
  }

  @Test
  void aClosedWatchIsToldNothingMore() {
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    Watch closed = discovery.watch(WEB, seen::add);
    Watch watch = discovery.watch(WEB, snapshot -> {});
    closed.close();
    answer(1, "a");
    await().until(() -> watch.current().isPresent());
    assertThat(seen).isEmpty();
  }

  @Test
  void anUnexpectedErrorDoesNotEndTheWatch() {
    try (LogCapture logged = new LogCapture()) {
      answers.add(new Result.Ok<>(page(-1)));
      Watch watch = discovery.watch(ServiceQuery.service("throws"), snapshot -> {});
      answer(1, "a");
      await().until(() -> watch.current().isPresent());
      assertThat(logged.lines())
          .contains(
              "WARN Watch of throws: java.lang.IllegalStateException: a bug of the library; trying on");
    }
  }

  @Test
  void aClosedConnectionTakesNothingMore() {
    discovery.close();
    discovery.close();
    Assertions.assertThatIllegalStateException()
        .isThrownBy(() -> discovery.watch(WEB, snapshot -> {}));
    Assertions.assertThatIllegalStateException()
        .isThrownBy(() -> discovery.register(ServiceDefinition.named("web").port(80).build()));
  }

  @Test
  void anIdIsRegisteredOnceAtATime() {
    ServiceDefinition web = ServiceDefinition.named("web").id("web-1").port(80).build();
    var registration = discovery.register(web);
    Assertions.assertThatIllegalStateException()
        .isThrownBy(() -> discovery.register(web))
        .withMessageContaining("web-1");
    await().until(() -> agent.holds("web-1"));
    assertThat(registration.leave()).isTrue();
    discovery.register(web);
    await().until(() -> agent.holds("web-1"));
  }

  @Test
  void closingLeavesWithEveryRegistration() {
    discovery.register(ServiceDefinition.named("web").id("web-1").port(80).build());
    discovery.register(ServiceDefinition.named("web").id("web-2").port(81).build());
    await().until(() -> agent.lists("web-1") && agent.lists("web-2"));
    discovery.close();
    assertThat(agent.holds("web-1") || agent.holds("web-2")).isFalse();
  }

  private final class FakeConsul implements ConsulApi {
    @Override
    public AgentApi agent() {
      return agent;
    }

    @Override
    public CatalogApi catalog() {
      return new CatalogApi() {
        @Override
        public BlockingQuery<Snapshot> instances(ServiceQuery query) {
          return new BlockingPoll(query.service().equals("throws"));
        }

        @Override
        public BlockingQuery<CatalogServices> services(CatalogQuery query) {
          throw new UnsupportedOperationException();
        }
      };
    }

    @Override
    public void close() {}
  }

  private final class BlockingPoll implements CatalogApi.BlockingQuery<Snapshot> {
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean throwsFirst;

    BlockingPoll(boolean throwsFirst) {
      this.throwsFirst = throwsFirst;
      open.incrementAndGet();
    }

    @Override
    public Result<QueryResult<Snapshot>> run(OptionalLong index) {
      try {
        while (closed.getCount() > 0) {
          Result<QueryResult<Snapshot>> answer = answers.poll(5, TimeUnit.MILLISECONDS);
          if (answer != null && throwsFirst) {
            throwsFirst = false;
            throw new IllegalStateException("a bug of the library");
          }
          if (answer != null) {
            return answer;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Result.failed(Kind.UNAVAILABLE, "closed");
    }

    @Override
    public Result<QueryResult<Snapshot>> runConsistent() {
      return run(OptionalLong.empty());
    }

    @Override
    public synchronized void close() {
      if (closed.getCount() > 0) {
        closed.countDown();
        open.decrementAndGet();
      }
    }
  }
}
