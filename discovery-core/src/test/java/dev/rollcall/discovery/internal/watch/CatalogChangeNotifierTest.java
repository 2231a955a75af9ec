package dev.rollcall.discovery.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.CheckHashes;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import dev.rollcall.discovery.internal.concurrent.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The bell over a catalog and on threads that do a step when the test says so. */
class CatalogChangeNotifierTest {

  private static final Duration ROUND = Duration.ofMillis(600);

  private final ManualTime time = new ManualTime();
  private final LogCapture logged = new LogCapture();
  private final List<Runnable> started = new ArrayList<>();
  private final Stage<CheckHashes> checks = new Stage<>(0);
  private final Stage<CatalogServices> services = new Stage<>(1);
  private final Stage<Integer> nodes = new Stage<>(2);
  private final CatalogChangeNotifier bell =
      new CatalogChangeNotifier(
          new Staged(),
          new Started(),
          new RuntimeContext(
              time, time, time, new Random(1), new SafeListener(new DiscoveryListener() {})));
  private final PollSchedule web = new PollSchedule(Optional.of("web"), time);
  private final PollSchedule shop = new PollSchedule(Optional.of("shop"), time);
  private final PollSchedule names = new PollSchedule(Optional.empty(), time);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private static CheckHashes states(String web, String shop) {
    return states(web, shop, "passing");
  }

  private static CheckHashes states(String web, String shop, String node) {
    CheckHashes.Builder found = new CheckHashes.Builder();
    found.add("web", "n1", "service:web-1", web);
    found.add("shop", "n1", "service:shop-1", shop);
    found.add("", "n1", "serfHealth", node);
    return found.build();
  }

  private static CatalogServices all() {
    return new CatalogServices(CatalogQuery.services(), new TreeMap<>());
  }

  /** All are heard, the bell rings, and nobody has anything to ask. */
  private void quiet() {
    bell.join(web);
    bell.join(shop);
    bell.join(names);
    checks.answer(10, states("passing", "passing"));
    services.answer(5, all());
    nodes.answer(2, 1);
    askedByAll();
    time.advance(Duration.ofSeconds(5));
  }

  private boolean asked(PollSchedule hearer) {
    boolean agreed = bell.asks(hearer);
    hearer.answered(true);
    return agreed;
  }

  private void askedByAll() {
    asked(web);
    asked(shop);
    asked(names);
  }

  private Duration wait(PollSchedule hearer) {
    long now = time.nanoTime();
    return Duration.ofNanos(hearer.dueAt() - now);
  }

  @Test
  void whoeverHearsItAsksSeldom() {
    bell.join(web);
    assertThat(asked(web)).as("it does not ring yet").isFalse();
    assertThat(wait(web)).isEqualTo(Duration.ofSeconds(2));
    checks.answer(10, states("passing", "passing"));
    assertThat(asked(web)).as("a third of it").isFalse();
    services.answer(5, all());
    assertThat(asked(web)).as("two thirds").isFalse();
    nodes.answer(2, 1);
    assertThat(asked(web)).isTrue();
    assertThat(wait(web)).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(10));
  }

  @Test
  void aNameIsTheSameInAnotherCase() {
    PollSchedule upper = new PollSchedule(Optional.of("WEB"), time);
    bell.join(upper);
    quiet();
    asked(upper);
    checks.answer(11, states("critical", "passing"));
    assertThat(wait(upper)).isLessThanOrEqualTo(Duration.ZERO);
  }

  @Test
  void whatWasAskedBeforeItRangIsAskedOnceMore() {
    bell.join(web);
    asked(web);
    time.advance(Duration.ofMillis(1800));
    checks.answer(10, states("passing", "passing"));
    services.answer(5, all());
    nodes.answer(2, 1);
    assertThat(wait(web)).isLessThanOrEqualTo(Duration.ofMillis(700));
    assertThat(web.vouched()).isEmpty();
  }

  @Test
  void aCheckThatChangesRingsItsServiceAtOnceAndNoOther() {
    quiet();
    checks.answer(11, states("critical", "passing"));
    assertThat(wait(web)).isLessThanOrEqualTo(Duration.ZERO);
    assertThat(wait(shop)).isGreaterThan(Duration.ofSeconds(50));
    assertThat(wait(names)).isGreaterThan(Duration.ofSeconds(50));
  }

  @Test
  void whatOnlyPutsOutSomethingElseRingsNobody() {
    quiet();
    checks.answer(11, states("passing", "passing"));
    assertThat(wait(web)).isGreaterThan(Duration.ofSeconds(50));
  }

  @Test
  void aNodeRingsEverybodySpreadOut() {
    quiet();
    checks.answer(11, states("passing", "passing", "critical"));
    assertThat(wait(web)).isBetween(Duration.ZERO, ROUND);
    assertThat(wait(shop)).isBetween(Duration.ZERO, ROUND).isNotEqualTo(wait(web));
  }

  @Test
  void soDoesAnotherAddressOfANode() {
    quiet();
    nodes.answer(3, 1);
    assertThat(wait(web)).isBetween(Duration.ZERO, ROUND);
    assertThat(wait(shop)).isBetween(Duration.ZERO, ROUND);
  }

  @Test
  void aRegistrationThatChangesNoCheckRingsEverybody() {
    quiet();
    services.answer(6, all());
    assertThat(wait(names)).isLessThanOrEqualTo(Duration.ZERO);
    assertThat(wait(web)).isBetween(Duration.ofMillis(100), ROUND);
    assertThat(wait(shop)).isBetween(Duration.ofMillis(100), ROUND);
  }

  @Test
  void ofARegistrationThatTheChecksTellTheOthersAskLater() {
    quiet();
    services.answer(6, all());
    checks.answer(11, states("critical", "passing"));
    assertThat(wait(web)).isLessThanOrEqualTo(Duration.ZERO);
    assertThat(wait(shop)).isBetween(ROUND, Duration.ofSeconds(10));
    askedByAll();
    time.advance(Duration.ofSeconds(5));

    checks.answer(12, states("passing", "passing"));
    services.answer(7, all());
    assertThat(wait(web)).isLessThanOrEqualTo(Duration.ZERO);
    assertThat(wait(shop)).isBetween(Duration.ZERO, Duration.ofSeconds(10));
  }

  @Test
  void whatTheServersHaveConfirmedIsVouchedForByTheOldestOfTheThree() {
    quiet();
    checks.answer(10, states("passing", "passing"));
    time.advance(Duration.ofSeconds(3));
    services.answer(5, all());
    nodes.answer(2, 1);
    assertThat(web.vouched()).contains(Duration.ofSeconds(3));
    time.advance(Duration.ofSeconds(20));
    checks.answer(11, states("critical", "passing"));
    assertThat(shop.vouched()).contains(Duration.ofSeconds(20));
    assertThat(web.vouched()).as("it is not told of the change").contains(Duration.ofSeconds(23));
  }

  @Test
  void whenItFallsSilentEverybodyAsksEveryTwoSeconds() {
    quiet();
    services.fail();
    assertThat(wait(web)).isLessThanOrEqualTo(Duration.ofSeconds(2));
    assertThat(asked(web)).isFalse();
    assertThat(wait(web)).isEqualTo(Duration.ofSeconds(2));
    assertThat(logged.lines()).singleElement().asString().contains("Watch of all services");

    services.answer(6, all());
    assertThat(wait(shop)).isLessThanOrEqualTo(ROUND);
    assertThat(asked(web)).isTrue();
  }

  @Test
  void anIndexThatGoesBackwardsRingsEverybody() {
    quiet();
    checks.answer(3, states("passing", "passing"));
    assertThat(wait(web)).isLessThanOrEqualTo(ROUND);
    assertThat(checks.asked()).endsWith(OptionalLong.of(10));
    checks.answer(4, states("passing", "passing"));
    assertThat(checks.asked()).endsWith(OptionalLong.empty());
  }

  @Test
  void itIsAskedNoOftenerThanItTakesToReadManyChecks() {
    bell.join(web);
    CheckHashes.Builder many = new CheckHashes.Builder();
    for (int i = 0; i < 30_000; i++) {
      many.add("web", "n1", "service:web-" + i, "passing");
    }
    assertThat(checks.answer(10, many.build()))
        .isBetween(Duration.ofSeconds(3), Duration.ofMillis(3100));
  }

  @Test
  void isAtWorkWhileAnybodyHears() {
    bell.join(web);
    bell.join(web);
    bell.join(shop);
    assertThat(started).hasSize(3);
    bell.leave(web);
    assertThat(checks.open).isTrue();
    bell.leave(shop);
    bell.leave(shop);
    assertThat(checks.open || services.open || nodes.open).isFalse();

    bell.join(web);
    assertThat(started).hasSize(6);
    assertThat(asked(web)).as("nothing is known any more").isFalse();
  }

  /** One of the three queries. */
  private final class Stage<S> implements BlockingQuery<S> {
    private final List<OptionalLong> asked = new ArrayList<>();
    private Result<QueryResult<S>> answer = Result.failed(Kind.UNAVAILABLE, "nothing yet");
    private final int place;
    private boolean open;
    private int thread;

    /** As which of the three it is opened. */
    Stage(int place) {
      this.place = place;
    }

    BlockingQuery<S> opened() {
      open = true;
      thread = started.size() + place;
      return this;
    }

    Duration answer(long index, S found) {
      answer = new Result.Ok<>(new QueryResult<>(found, List.of(), index));
      return ((CatalogChangeQuery<?>) started.get(thread)).step();
    }

    void fail() {
      answer = Result.failed(Kind.UNAVAILABLE, "no leader");
      var unused = ((CatalogChangeQuery<?>) started.get(thread)).step();
    }

    List<OptionalLong> asked() {
      return asked;
    }

    @Override
    public Result<QueryResult<S>> run(OptionalLong index) {
      asked.add(index);
      return answer;
    }

    @Override
    public Result<QueryResult<S>> runConsistent() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      open = false;
    }
  }

  private final class Staged implements CatalogApi {
    @Override
    public BlockingQuery<Snapshot> instances(ServiceQuery query) {
      throw new UnsupportedOperationException();
    }

    @Override
    public BlockingQuery<CatalogServices> services(CatalogQuery query) {
      assertThat(query.consistency()).isEqualTo(Consistency.CONSISTENT);
      return services.opened();
    }

    @Override
    public BlockingQuery<CheckHashes> checks() {
      return checks.opened();
    }

    @Override
    public BlockingQuery<Integer> nodes() {
      return nodes.opened();
    }
  }

  private final class Started implements Threads {
    @Override
    public Executor control() {
      return time;
    }

    @Override
    public Executor listeners() {
      return time;
    }

    @Override
    public void schedule(Duration delay, Runnable task) {
      time.schedule(delay, task);
    }

    @Override
    public Thread watch(Runnable loop) {
      started.add(loop);
      return new Thread(() -> {});
    }

    @Override
    public void close() {}
  }
}
