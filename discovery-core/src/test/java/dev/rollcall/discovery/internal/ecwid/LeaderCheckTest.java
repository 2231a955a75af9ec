package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaderCheckTest {

  private static final Optional<String> HERE = Optional.empty();
  private static final Duration LONG = LeaderCheck.INTERVAL.multipliedBy(5);

  private final ManualTime time = new ManualTime();
  private final List<Optional<String>> read = new ArrayList<>();
  private final List<String> ended = new ArrayList<>();
  private final LogCapture logged = new LogCapture();
  private ConsulResponse answer = response(200, "[]");
  private Runnable whileReading = () -> {};
  private final LeaderCheck check =
      new LeaderCheck(
          datacenter -> {
            read.add(datacenter);
            whileReading.run();
            return answer;
          },
          time,
          time);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private static ConsulResponse response(int status, String text) {
    return new ConsulResponse(
        status, text.getBytes(StandardCharsets.UTF_8), 1, null, null, null, true);
  }

  private LeaderCheck.BlockedQuery begin(Optional<String> datacenter, String name) {
    return check.begin(datacenter, () -> ended.add(name));
  }

  @Test
  void oneReadIsSentEveryFewSecondsForAllQueriesThatBlockAndNoneWhileNoneDoes() {
    LeaderCheck.BlockedQuery first = begin(HERE, "first");
    LeaderCheck.BlockedQuery second = begin(HERE, "second");
    time.settle();
    assertThat(read).as("the first at once").hasSize(1);
    time.advance(LONG);
    assertThat(read).hasSize(6);
    first.close();
    second.close();
    time.advance(LONG);
    assertThat(read).hasSize(6);
    assertThat(time.runNext()).as("nothing is left to do").isFalse();

    begin(HERE, "third");
    time.advance(LeaderCheck.INTERVAL);
    assertThat(read).hasSize(7);
    assertThat(ended).isEmpty();
  }

  @Test
  void queriesThatBlockEndWhenTheLeaderIsLostAndFailLikeTheRead() {
    LeaderCheck.BlockedQuery first = begin(HERE, "first");
    LeaderCheck.BlockedQuery second = begin(HERE, "second");
    time.settle();
    second.close();
    answer = response(500, "No cluster leader");
    time.advance(LeaderCheck.INTERVAL);
    assertThat(ended).containsExactly("first");
    assertThat(first.failure().orElseThrow().kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(first.failure().orElseThrow().message())
        .isEqualTo("leader check: 500 No cluster leader");
    assertThat(second.failure()).isEmpty();
  }

  @Test
  void aTokenThatWasRevokedEndsThemToo() {
    LeaderCheck.BlockedQuery query = begin(HERE, "query");
    time.settle();
    answer = response(403, "ACL not found");
    time.advance(LeaderCheck.INTERVAL);
    assertThat(query.failure().orElseThrow().kind()).isEqualTo(Kind.FORBIDDEN);
  }

  @Test
  void aQueryThatBeganAfterTheReadGoesOn() {
    LeaderCheck.BlockedQuery before = begin(HERE, "before");
    time.settle();
    answer = response(500, "No cluster leader");
    whileReading =
        () -> {
          before.close();
          begin(HERE, "after");
          whileReading = () -> {};
        };
    time.advance(LeaderCheck.INTERVAL);
    assertThat(ended).doesNotContain("after");
    time.advance(LeaderCheck.INTERVAL);
    assertThat(ended).contains("after");
  }

  @Test
  void eachDatacenterHasALeaderOfItsOwn() {
    begin(HERE, "here");
    LeaderCheck.BlockedQuery away = begin(Optional.of("dc2"), "away");
    time.settle();
    assertThat(read).containsExactly(HERE, Optional.of("dc2"));
    whileReading =
        () -> answer = response(read.get(read.size() - 1).isEmpty() ? 200 : 500, "No path");
    time.advance(LeaderCheck.INTERVAL);
    assertThat(ended).containsExactly("away");
    assertThat(away.failure()).isPresent();
  }

  @Test
  void whatIsRateLimitedTellsNothing() {
    begin(HERE, "query");
    time.settle();
    answer = response(429, "rate limit exceeded");
    time.advance(LONG);
    assertThat(ended).isEmpty();
    assertThat(logged.lines()).isEmpty();
  }

  @Test
  void whereNoReadEverSucceedsNoQueryIsEndedAndThatIsLoggedOnce() {
    answer = response(403, "not through this proxy");
    begin(HERE, "query");
    time.advance(LONG);
    assertThat(ended).isEmpty();
    assertThat(logged.lines()).singleElement().asString().contains("not through this proxy");
  }
}
