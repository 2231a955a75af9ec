package dev.rollcall.discovery.internal.failover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.failover.FailoverConsul.FailoverQuery;
import dev.rollcall.discovery.internal.watch.FakeBlockingQuery;
import dev.rollcall.discovery.internal.watch.TestSnapshots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FailoverQueryTest {

  private final List<FakeBlockingQuery> opened = new ArrayList<>();
  private final FakeBlockingQuery first = new FakeBlockingQuery();
  private final FakeBlockingQuery second = new FakeBlockingQuery();
  private final FakeBlockingQuery firstAgain = new FakeBlockingQuery();
  private final List<FakeBlockingQuery> firsts = new ArrayList<>(List.of(first, firstAgain));
  private final FailoverQuery<Snapshot> blockingQuery =
      new FailoverQuery<>(List.of(() -> open(firsts.remove(0)), () -> open(second)));

  private FakeBlockingQuery open(FakeBlockingQuery next) {
    opened.add(next);
    return next;
  }

  @Test
  void theNextAgentIsAskedWhenOneGivesNoUsableAnswerAndSoOn() {
    first.answers(TestSnapshots.page(7, "a"));
    assertThat(blockingQuery.run(OptionalLong.empty())).isInstanceOf(Result.Ok.class);
    first.fails(Kind.UNAVAILABLE, "no connection");
    assertThat(blockingQuery.run(OptionalLong.of(7))).isInstanceOf(Result.Failed.class);
    assertThat(first.closed()).isEqualTo(1);

    second.answers(TestSnapshots.page(3, "a"));
    assertThat(blockingQuery.run(OptionalLong.empty())).isInstanceOf(Result.Ok.class);
    second.fails(Kind.MALFORMED, "<html>");
    assertThat(blockingQuery.runConsistent()).isInstanceOf(Result.Failed.class);
    firstAgain.answers(TestSnapshots.page(9, "a"));
    assertThat(blockingQuery.run(OptionalLong.empty())).isInstanceOf(Result.Ok.class);
    assertThat(opened).containsExactly(first, second, firstAgain);
  }

  @Test
  void aRefusalThatAnotherAgentWouldGiveTooCausesNoFailover() {
    for (Kind kind : List.of(Kind.FORBIDDEN, Kind.REJECTED, Kind.UNKNOWN)) {
      first.fails(kind, "no");
      assertThat(blockingQuery.run(OptionalLong.empty())).isInstanceOf(Result.Failed.class);
    }
    assertThat(opened).containsExactly(first);
  }

  @Test
  void thatOneAgentAsksToWaitIsNoReasonToLetTheNextOneWait() {
    first.fails(new ConsulFailure(Kind.UNAVAILABLE, "429", Duration.ofSeconds(60)));
    assertThat(blockingQuery.run(OptionalLong.of(7)))
        .isEqualTo(Result.failed(Kind.UNAVAILABLE, "429"));
  }

  @Test
  void aClosedQueryOpensNoFurtherConnection() {
    first.beforeAnswering(blockingQuery::close);
    first.fails(Kind.UNAVAILABLE, "closed");
    assertThat(blockingQuery.run(OptionalLong.of(7))).isInstanceOf(Result.Failed.class);
    assertThat(opened).containsExactly(first);
    assertThat(first.closed()).isEqualTo(1);
  }
}
