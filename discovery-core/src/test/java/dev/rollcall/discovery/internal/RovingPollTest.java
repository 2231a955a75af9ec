package dev.rollcall.discovery.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class RovingPollTest {

  private final List<FakePoll> opened = new ArrayList<>();
  private final FakePoll first = new FakePoll();
  private final FakePoll second = new FakePoll();
  private final FakePoll firstAgain = new FakePoll();
  private final List<FakePoll> firsts = new ArrayList<>(List.of(first, firstAgain));
  private final RovingPoll<Snapshot> poll =
      new RovingPoll<>(List.of(() -> open(firsts.remove(0)), () -> open(second)));

  private FakePoll open(FakePoll next) {
    opened.add(next);
    return next;
  }

  @Test
  void theNextAgentIsAskedWhenOneGivesNoUsableAnswerAndSoOn() {
    first.answers(Snapshots.page(7, "a"));
    assertThat(poll.next(OptionalLong.empty())).isInstanceOf(Answer.Ok.class);
    first.fails(Kind.UNAVAILABLE, "no connection");
    assertThat(poll.next(OptionalLong.of(7))).isInstanceOf(Answer.Failed.class);
    assertThat(first.closed()).isEqualTo(1);

    second.answers(Snapshots.page(3, "a"));
    assertThat(poll.next(OptionalLong.empty())).isInstanceOf(Answer.Ok.class);
    second.fails(Kind.MALFORMED, "<html>");
    assertThat(poll.confirm()).isInstanceOf(Answer.Failed.class);
    firstAgain.answers(Snapshots.page(9, "a"));
    assertThat(poll.next(OptionalLong.empty())).isInstanceOf(Answer.Ok.class);
    assertThat(opened).containsExactly(first, second, firstAgain);
  }

  @Test
  void whatAnotherAgentWouldSayTooIsNoReasonToMove() {
    for (Kind kind : List.of(Kind.FORBIDDEN, Kind.REJECTED, Kind.UNKNOWN)) {
      first.fails(kind, "no");
      assertThat(poll.next(OptionalLong.empty())).isInstanceOf(Answer.Failed.class);
    }
    assertThat(opened).containsExactly(first);
  }

  @Test
  void aClosedOneOpensNothingMore() {
    first.beforeAnswering(poll::close);
    first.fails(Kind.UNAVAILABLE, "closed");
    assertThat(poll.next(OptionalLong.of(7))).isInstanceOf(Answer.Failed.class);
    assertThat(opened).containsExactly(first);
    assertThat(first.closed()).isEqualTo(1);
  }
}
