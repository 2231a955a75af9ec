package dev.rollcall.discovery.internal.watch;

import static dev.rollcall.discovery.internal.watch.TestSnapshots.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
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
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionLimitedCatalogTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");

  private final ManualTime time = new ManualTime();
  private final List<OptionalLong> asked = new ArrayList<>();
  private final LogCapture logged = new LogCapture();
  private int open;
  private int shared;
  private int agreed;
  private CheckHashes checks = new CheckHashes.Builder().build();
  private final List<CatalogChangeQuery<?>> ropes = new ArrayList<>();
  private final CatalogApi catalog =
      new ConnectionLimitedCatalog(
          new Counting(),
          2,
          new Ropes(),
          new RuntimeContext(
              time, time, time, new Random(1), new SafeListener(new DiscoveryListener() {})));

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void aQueryWithinTheLimitBlocksAndKeepsItsConnection() {
    BlockingQuery<Snapshot> first = catalog.instances(WEB);
    BlockingQuery<Snapshot> second = catalog.instances(WEB);
    first.run(OptionalLong.of(7));
    second.run(OptionalLong.of(8));
    assertThat(asked).containsExactly(OptionalLong.of(7), OptionalLong.of(8));
    assertThat(open).isEqualTo(2);
    assertThat(logged.lines()).isEmpty();

    first.close();
    first.close();
    second.close();
    assertThat(open).isZero();
  }

  /** One for which there is no place. */
  private BlockingQuery<Snapshot> third() {
    catalog.instances(WEB).run(OptionalLong.empty());
    catalog.instances(WEB).run(OptionalLong.empty());
    asked.clear();
    return catalog.instances(WEB);
  }

  private Duration nextOf(BlockingQuery<Snapshot> poll) {
    long began = time.nanoTime();
    assertThat(poll.run(OptionalLong.of(7))).isInstanceOf(Result.Ok.class);
    return time.since(began);
  }

  @Test
  void queriesBeyondTheLimitAskWithoutBlockingOverSharedConnections() {
    BlockingQuery<Snapshot> third = third();
    long began = time.nanoTime();
    assertThat(third.run(OptionalLong.empty())).isInstanceOf(Result.Ok.class);
    assertThat(time.since(began)).as("the first time at once").isZero();
    assertThat(third.run(OptionalLong.of(7))).isInstanceOf(Result.Ok.class);
    assertThat(time.since(began)).isEqualTo(Duration.ofSeconds(2));
    assertThat(third.runConsistent()).isInstanceOf(Result.Ok.class);

    assertThat(asked).containsOnly(OptionalLong.empty()).hasSize(3);
    assertThat(open).as("connections").isEqualTo(2 + CatalogChangeNotifier.CONNECTIONS);
    assertThat(shared).isEqualTo(1);
    assertThat(logged.lines()).singleElement().asString().contains("connections");
    third.close();
    assertThat(shared).isZero();
  }

  @Test
  void whileTheBellRingsTheOthersAskSeldomOrWhenItConcernsThem() {
    BlockingQuery<Snapshot> third = third();
    third.run(OptionalLong.empty());
    ropes.forEach(CatalogChangeQuery::step);
    nextOf(third);
    assertThat(nextOf(third)).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(10));
    assertThat(agreed).as("lest an old answer be vouched for").isEqualTo(2);

    time.schedule(Duration.ofSeconds(7), this::changeWeb);
    assertThat(nextOf(third)).isEqualTo(Duration.ofSeconds(7));
    ropes.forEach(CatalogChangeQuery::step);
    time.advance(Duration.ofSeconds(3));
    assertThat(third.vouched()).contains(Duration.ofSeconds(3));
  }

  private void changeWeb() {
    CheckHashes.Builder other = new CheckHashes.Builder();
    other.add("web", "n1", "service:web-1", "passing");
    checks = other.build();
    ropes.forEach(CatalogChangeQuery::step);
  }

  @Test
  void whatTheBellDoesNotSpeakForIsAskedEveryTwoSeconds() {
    third().close();
    for (ServiceQuery query :
        List.of(WEB.datacenter("far"), WEB.consistency(Consistency.STALE), WEB.viaCache())) {
      BlockingQuery<Snapshot> each = catalog.instances(query);
      each.run(OptionalLong.empty());
      assertThat(nextOf(each)).isEqualTo(Duration.ofSeconds(2));
      assertThat(each.vouched()).isEmpty();
    }
    assertThat(ropes).isEmpty();
  }

  @Test
  void theBellEndsWithTheLastThatHearsIt() {
    BlockingQuery<Snapshot> third = third();
    third.run(OptionalLong.empty());
    assertThat(open).isEqualTo(2 + CatalogChangeNotifier.CONNECTIONS);
    third.close();
    assertThat(open).isEqualTo(2);
  }

  @Test
  void aConnectionThatBecomesFreeIsTaken() {
    BlockingQuery<Snapshot> first = catalog.instances(WEB);
    first.run(OptionalLong.empty());
    catalog.instances(WEB).run(OptionalLong.empty());
    BlockingQuery<Snapshot> third = catalog.instances(WEB);
    third.run(OptionalLong.empty());
    first.close();
    asked.clear();
    third.run(OptionalLong.of(7));
    assertThat(asked).containsExactly(OptionalLong.of(7));
    assertThat(open).isEqualTo(2);
  }

  @Test
  void aClosedQueryAsksNothingAndTakesNoConnection() {
    BlockingQuery<Snapshot> closed = catalog.instances(WEB);
    closed.close();
    assertThat(closed.run(OptionalLong.empty())).isInstanceOf(Result.Failed.class);
    assertThat(closed.run(OptionalLong.of(7))).isInstanceOf(Result.Failed.class);
    assertThat(asked).isEmpty();
    catalog.instances(WEB).run(OptionalLong.of(1));
    catalog.instances(WEB).run(OptionalLong.of(2));
    assertThat(asked).containsExactly(OptionalLong.of(1), OptionalLong.of(2));
  }

  /** Counts what is open, and notes what is asked for instances. */
  private class Counting implements CatalogApi {
    @Override
    public BlockingQuery<Snapshot> instances(ServiceQuery query) {
      open++;
      return new Counted<>(() -> page(7, "a"), () -> open--);
    }

    @Override
    public BlockingQuery<CatalogServices> services(CatalogQuery query) {
      open++;
      CatalogServices none = new CatalogServices(query, new TreeMap<>());
      return new Counted<>(() -> new QueryResult<>(none, List.of(), 1), () -> open--);
    }

    @Override
    public BlockingQuery<CheckHashes> checks() {
      open++;
      return new Counted<>(() -> new QueryResult<>(checks, List.of(), 1), () -> open--);
    }

    @Override
    public BlockingQuery<Integer> nodes() {
      open++;
      return new Counted<>(() -> new QueryResult<>(1, List.of(), 1), () -> open--);
    }

    @Override
    public CatalogApi sharing(int connections) {
      return new Counting() {
        @Override
        public BlockingQuery<Snapshot> instances(ServiceQuery query) {
          shared++;
          return new Counted<>(() -> page(7, "a"), () -> shared--);
        }
      };
    }
  }

  private final class Counted<S> implements BlockingQuery<S> {
    private final Supplier<QueryResult<S>> found;
    private final Runnable closing;

    Counted(Supplier<QueryResult<S>> found, Runnable closing) {
      this.found = found;
      this.closing = closing;
    }

    @Override
    public Result<QueryResult<S>> run(OptionalLong index) {
      QueryResult<S> page = found.get();
      if (page.found() instanceof Snapshot) {
        asked.add(index);
      }
      return new Result.Ok<>(page);
    }

    @Override
    public Result<QueryResult<S>> runConsistent() {
      agreed++;
      return run(OptionalLong.empty());
    }

    @Override
    public void close() {
      closing.run();
    }
  }

  /** Keeps what would run, for the test to do its steps. */
  private final class Ropes implements Threads {
    @Override
    public Thread watch(Runnable loop) {
      ropes.add((CatalogChangeQuery<?>) loop);
      return new Thread(() -> {});
    }

    @Override
    public void schedule(Duration delay, Runnable task) {
      time.schedule(delay, task);
    }

    @Override
    public Executor control() {
      return time;
    }

    @Override
    public Executor listeners() {
      return time;
    }

    @Override
    public void close() {}
  }
}
