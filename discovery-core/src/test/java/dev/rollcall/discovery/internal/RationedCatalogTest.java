package dev.rollcall.discovery.internal;

import static dev.rollcall.discovery.internal.Snapshots.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
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

class RationedCatalogTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");

  private final ManualTime time = new ManualTime();
  private final List<OptionalLong> asked = new ArrayList<>();
  private final Logged logged = new Logged();
  private int open;
  private int shared;
  private int agreed;
  private Fingerprints checks = new Fingerprints.Builder().build();
  private final List<BellRope<?>> ropes = new ArrayList<>();
  private final Catalog catalog =
      new RationedCatalog(
          new Counting(),
          2,
          new Ropes(),
          new Means(time, time, time, new Random(1), new Events(new DiscoveryListener() {})));

  @AfterEach
  void closeLog() {
    logged.close();
  }

  @Test
  void whoHasAPlaceBlocksAndHoldsItsConnection() {
    Poll<Snapshot> first = catalog.instances(WEB);
    Poll<Snapshot> second = catalog.instances(WEB);
    first.next(OptionalLong.of(7));
    second.next(OptionalLong.of(8));
    assertThat(asked).containsExactly(OptionalLong.of(7), OptionalLong.of(8));
    assertThat(open).isEqualTo(2);
    assertThat(logged.lines()).isEmpty();

    first.close();
    first.close();
    second.close();
    assertThat(open).isZero();
  }

  /** One for which there is no place. */
  private Poll<Snapshot> third() {
    catalog.instances(WEB).next(OptionalLong.empty());
    catalog.instances(WEB).next(OptionalLong.empty());
    asked.clear();
    return catalog.instances(WEB);
  }

  private Duration nextOf(Poll<Snapshot> poll) {
    long began = time.nanoTime();
    assertThat(poll.next(OptionalLong.of(7))).isInstanceOf(Answer.Ok.class);
    return time.since(began);
  }

  @Test
  void theOthersAskWithoutBlockingOverConnectionsThatTheyShare() {
    Poll<Snapshot> third = third();
    long began = time.nanoTime();
    assertThat(third.next(OptionalLong.empty())).isInstanceOf(Answer.Ok.class);
    assertThat(time.since(began)).as("the first time at once").isZero();
    assertThat(third.next(OptionalLong.of(7))).isInstanceOf(Answer.Ok.class);
    assertThat(time.since(began)).isEqualTo(Duration.ofSeconds(2));
    assertThat(third.confirm()).isInstanceOf(Answer.Ok.class);

    assertThat(asked).containsOnly(OptionalLong.empty()).hasSize(3);
    assertThat(open).as("connections").isEqualTo(2 + Bell.CONNECTIONS);
    assertThat(shared).isEqualTo(1);
    assertThat(logged.lines()).singleElement().asString().contains("connections");
    third.close();
    assertThat(shared).isZero();
  }

  @Test
  void whileTheBellRingsTheOthersAskSeldomOrWhenItConcernsThem() {
    Poll<Snapshot> third = third();
    third.next(OptionalLong.empty());
    ropes.forEach(BellRope::step);
    nextOf(third);
    assertThat(nextOf(third)).isBetween(Duration.ofMinutes(5), Duration.ofMinutes(10));
    assertThat(agreed).as("lest an old answer be vouched for").isEqualTo(2);

    time.after(Duration.ofSeconds(7), this::changeWeb);
    assertThat(nextOf(third)).isEqualTo(Duration.ofSeconds(7));
    ropes.forEach(BellRope::step);
    time.advance(Duration.ofSeconds(3));
    assertThat(third.vouched()).contains(Duration.ofSeconds(3));
  }

  private void changeWeb() {
    Fingerprints.Builder other = new Fingerprints.Builder();
    other.add("web", "n1", "service:web-1", "passing");
    checks = other.build();
    ropes.forEach(BellRope::step);
  }

  @Test
  void whatTheBellDoesNotSpeakForIsAskedEveryTwoSeconds() {
    third().close();
    for (ServiceQuery query :
        List.of(WEB.datacenter("far"), WEB.consistency(Consistency.STALE), WEB.viaCache())) {
      Poll<Snapshot> each = catalog.instances(query);
      each.next(OptionalLong.empty());
      assertThat(nextOf(each)).isEqualTo(Duration.ofSeconds(2));
      assertThat(each.vouched()).isEmpty();
    }
    assertThat(ropes).isEmpty();
  }

  @Test
  void theBellEndsWithTheLastThatHearsIt() {
    Poll<Snapshot> third = third();
    third.next(OptionalLong.empty());
    assertThat(open).isEqualTo(2 + Bell.CONNECTIONS);
    third.close();
    assertThat(open).isEqualTo(2);
  }

  @Test
  void aPlaceThatBecomesFreeIsTaken() {
    Poll<Snapshot> first = catalog.instances(WEB);
    first.next(OptionalLong.empty());
    catalog.instances(WEB).next(OptionalLong.empty());
    Poll<Snapshot> third = catalog.instances(WEB);
    third.next(OptionalLong.empty());
    first.close();
    asked.clear();
    third.next(OptionalLong.of(7));
    assertThat(asked).containsExactly(OptionalLong.of(7));
    assertThat(open).isEqualTo(2);
  }

  @Test
  void aClosedOneAsksNothingAndTakesNoPlace() {
    Poll<Snapshot> closed = catalog.instances(WEB);
    closed.close();
    assertThat(closed.next(OptionalLong.empty())).isInstanceOf(Answer.Failed.class);
    assertThat(closed.next(OptionalLong.of(7))).isInstanceOf(Answer.Failed.class);
    assertThat(asked).isEmpty();
    catalog.instances(WEB).next(OptionalLong.of(1));
    catalog.instances(WEB).next(OptionalLong.of(2));
    assertThat(asked).containsExactly(OptionalLong.of(1), OptionalLong.of(2));
  }

  /** Counts what is open, and notes what is asked for instances. */
  private class Counting implements Catalog {
    @Override
    public Poll<Snapshot> instances(ServiceQuery query) {
      open++;
      return new Counted<>(() -> page(7, "a"), () -> open--);
    }

    @Override
    public Poll<CatalogServices> services(CatalogQuery query) {
      open++;
      CatalogServices none = new CatalogServices(query, new TreeMap<>());
      return new Counted<>(() -> new Page<>(none, List.of(), 1), () -> open--);
    }

    @Override
    public Poll<Fingerprints> checks() {
      open++;
      return new Counted<>(() -> new Page<>(checks, List.of(), 1), () -> open--);
    }

    @Override
    public Poll<Integer> nodes() {
      open++;
      return new Counted<>(() -> new Page<>(1, List.of(), 1), () -> open--);
    }

    @Override
    public Catalog sharing(int connections) {
      return new Counting() {
        @Override
        public Poll<Snapshot> instances(ServiceQuery query) {
          shared++;
          return new Counted<>(() -> page(7, "a"), () -> shared--);
        }
      };
    }
  }

  private final class Counted<S> implements Poll<S> {
    private final Supplier<Page<S>> found;
    private final Runnable closing;

    Counted(Supplier<Page<S>> found, Runnable closing) {
      this.found = found;
      this.closing = closing;
    }

    @Override
    public Answer<Page<S>> next(OptionalLong index) {
      Page<S> page = found.get();
      if (page.found() instanceof Snapshot) {
        asked.add(index);
      }
      return new Answer.Ok<>(page);
    }

    @Override
    public Answer<Page<S>> confirm() {
      agreed++;
      return next(OptionalLong.empty());
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
      ropes.add((BellRope<?>) loop);
      return new Thread(() -> {});
    }

    @Override
    public void after(Duration delay, Runnable task) {
      time.after(delay, task);
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
