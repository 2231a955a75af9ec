package dev.rollcall.discovery.internal;

import static dev.rollcall.discovery.internal.Snapshots.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.CatalogQuery;
import dev.rollcall.discovery.CatalogServices;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.Catalog.Page;
import dev.rollcall.discovery.internal.Catalog.Poll;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RationedCatalogTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");

  private final ManualTime time = new ManualTime();
  private final List<OptionalLong> asked = new ArrayList<>();
  private final Logged logged = new Logged();
  private int open;
  private final Catalog catalog = new RationedCatalog(new Counting(), 2, time);

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

  @Test
  void theOthersTakeTurnsWithoutBlockingAndHoldNothing() {
    catalog.instances(WEB).next(OptionalLong.empty());
    catalog.instances(WEB).next(OptionalLong.empty());
    asked.clear();
    Poll<Snapshot> third = catalog.instances(WEB);
    long began = time.nanoTime();
    assertThat(third.next(OptionalLong.empty())).isInstanceOf(Answer.Ok.class);
    assertThat(time.since(began)).as("the first time at once").isZero();
    assertThat(third.next(OptionalLong.of(7))).isInstanceOf(Answer.Ok.class);
    assertThat(time.since(began)).isEqualTo(Duration.ofSeconds(2));
    assertThat(third.confirm()).isInstanceOf(Answer.Ok.class);

    assertThat(asked).containsOnly(OptionalLong.empty()).hasSize(3);
    assertThat(open).as("connections that stay").isEqualTo(2);
    assertThat(logged.lines()).singleElement().asString().contains("connections");
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

  private final class Counting implements Catalog {
    @Override
    public Poll<Snapshot> instances(ServiceQuery query) {
      open++;
      return new Poll<>() {
        @Override
        public Answer<Page<Snapshot>> next(OptionalLong index) {
          asked.add(index);
          return new Answer.Ok<>(page(7, "a"));
        }

        @Override
        public Answer<Page<Snapshot>> confirm() {
          return next(OptionalLong.empty());
        }

        @Override
        public void close() {
          open--;
        }
      };
    }

    @Override
    public Poll<CatalogServices> services(CatalogQuery query) {
      throw new UnsupportedOperationException();
    }
  }
}
