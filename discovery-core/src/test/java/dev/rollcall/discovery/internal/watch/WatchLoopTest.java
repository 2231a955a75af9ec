package dev.rollcall.discovery.internal.watch;

import static dev.rollcall.discovery.internal.watch.TestSnapshots.instance;
import static dev.rollcall.discovery.internal.watch.TestSnapshots.page;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.AnswerSource;
import dev.rollcall.discovery.AnswerSource.Backend;
import dev.rollcall.discovery.Consistency;
import dev.rollcall.discovery.ConsulFailure;
import dev.rollcall.discovery.ConsulFailure.Kind;
import dev.rollcall.discovery.DiscoveryListener;
import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.RuntimeContext;
import dev.rollcall.discovery.internal.api.SafeListener;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchLoopTest {

  private static final ServiceQuery WEB = ServiceQuery.service("web");
  private static final Duration BOUND = Duration.ofSeconds(35);

  private final ManualTime time = new ManualTime();
  private final FakeBlockingQuery blockingQuery = new FakeBlockingQuery();
  private final List<Snapshot> published = new ArrayList<>();
  private final List<String> leftOut = new ArrayList<>();
  private final AtomicInteger wentBack = new AtomicInteger();
  private final LogCapture logged = new LogCapture();
  private final WatchLoop<Snapshot> loop = loop(WEB);

  private WatchLoop<Snapshot> loop(ServiceQuery query) {
    return loop(query, published::add);
  }

  private WatchLoop<Snapshot> loop(ServiceQuery query, Consumer<Snapshot> changed) {
    DiscoveryListener listener =
        new DiscoveryListener() {
          @Override
          public void watchIndexWentBackwards(ServiceQuery query) {
            wentBack.incrementAndGet();
          }

          @Override
          public void instanceLeftOut(ServiceQuery query, String reason) {
            leftOut.add(reason);
          }
        };
    return new WatchLoop<>(
        new WatchTarget.Instances(query),
        blockingQuery,
        new RuntimeContext(time, time, time, new Random(1), new SafeListener(listener)),
        Duration.ofMillis(500),
        BOUND,
        changed);
  }

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private static Snapshot snapshot(String... ids) {
    return new Snapshot(WEB, page(1, ids).found().instances());
  }

  private Duration stepWith(QueryResult<Snapshot> page) {
    blockingQuery.answers(page);
    return loop.step();
  }

  @Test
  void publishesTheFirstAnswerEvenIfItIsEmpty() {
    stepWith(page(5));
    assertThat(published).containsExactly(snapshot());
    assertThat(loop.current()).contains(snapshot());
  }

  @Test
  void asksFirstWithoutIndexAndThenForAChangeOfTheLastOne() {
    stepWith(page(5));
    stepWith(page(9));
    stepWith(page(9));
    assertThat(blockingQuery.asked())
        .containsExactly(OptionalLong.empty(), OptionalLong.of(5), OptionalLong.of(9));
  }

  @Test
  void startsAnewWhenTheIndexGoesBackwards() {
    stepWith(page(900));
    stepWith(page(7));
    stepWith(page(8));
    stepWith(page(8));
    assertThat(blockingQuery.asked())
        .containsExactly(
            OptionalLong.empty(), OptionalLong.of(900), OptionalLong.empty(), OptionalLong.of(8));
    assertThat(wentBack).hasValue(1);
  }

  @Test
  void neverWaitsForAChangeOfIndexZero() {
    stepWith(page(0));
    stepWith(page(0));
    stepWith(page(3));
    assertThat(blockingQuery.asked().get(1)).isEqualTo(OptionalLong.of(1));
  }

  @Test
  void aWakeUpWithoutChangeIsNotPublished() {
    stepWith(page(5, "a", "b"));
    stepWith(page(6, "b", "a"));
    assertThat(published).containsExactly(snapshot("a", "b"));
  }

  @Test
  void everyChangeIsPublished() {
    stepWith(page(5, "a"));
    stepWith(page(6, "a", "b"));
    stepWith(page(7, "b"));
    assertThat(published).containsExactly(snapshot("a"), snapshot("a", "b"), snapshot("b"));
  }

  @Test
  void answersThatComeInARushAreMoreAndMoreSpacedAndThenPaced() {
    List<Duration> pauses = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      pauses.add(stepWith(page(i)));
    }
    assertThat(pauses).isSorted().startsWith(Duration.ofMillis(50));
    assertThat(pauses.subList(0, 5).stream().reduce(Duration.ZERO, Duration::plus))
        .isLessThan(Duration.ofMillis(600));
    assertThat(pauses.subList(5, 8))
        .containsExactly(Duration.ofMillis(500), Duration.ofMillis(500), Duration.ofMillis(1000));
    time.advance(Duration.ofMinutes(1));
    assertThat(stepWith(page(9))).isEqualTo(Duration.ofMillis(50));
  }

  @Test
  void afterAFailureItKeepsWhatItKnowsAndAsksForEverything() {
    stepWith(page(5, "a"));
    blockingQuery.fails(Kind.UNAVAILABLE, "gone");
    loop.step();
    assertThat(loop.current()).contains(snapshot("a"));
    assertThat(loop.stale()).isTrue();

    stepWith(page(2, "a"));
    assertThat(blockingQuery.asked().get(2)).isEmpty();
    assertThat(loop.stale()).isFalse();
    assertThat(published).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"20, 20", "3600, 60"})
  void waitsAsLongAsConsulAsksToButAtMostAMinute(int asked, int waited) {
    blockingQuery.fails(
        new ConsulFailure(Kind.UNAVAILABLE, "429 Too Many Requests", Duration.ofSeconds(asked)));
    assertThat(loop.step())
        .isBetween(Duration.ofSeconds(waited), Duration.ofSeconds(waited).plusMillis(250));
    blockingQuery.fails(Kind.UNAVAILABLE, "500 No cluster leader");
    assertThat(loop.step()).isLessThanOrEqualTo(Duration.ofMillis(500));
  }

  @Test
  void pausesGrowWithFailuresAndStayBounded() {
    Duration longest = Duration.ZERO;
    for (int i = 0; i < 200; i++) {
      blockingQuery.fails(Kind.UNAVAILABLE, "gone");
      Duration pause = loop.step();
      assertThat(pause).isBetween(Duration.ZERO, Duration.ofSeconds(10));
      if (i == 0) {
        assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(250));
      }
      longest = pause.compareTo(longest) > 0 ? pause : longest;
    }
    assertThat(longest).isGreaterThan(Duration.ofSeconds(8));
    assertThat(logged.lines()).containsExactly("WARN Watch of web: gone; trying on");
  }

  @Test
  void ageTellsTheTimeSinceTheLastAnswerChangedOrNot() {
    time.advance(Duration.ofSeconds(3));
    assertThat(loop.age()).isEqualTo(Duration.ofSeconds(3));
    assertThat(loop.stale()).isTrue();

    stepWith(page(5, "a"));
    time.advance(Duration.ofSeconds(31));
    assertThat(loop.age()).isEqualTo(Duration.ofSeconds(31));
    assertThat(loop.stale()).isFalse();

    stepWith(page(5, "a"));
    assertThat(loop.age()).isZero();
    time.advance(BOUND.plusSeconds(1));
    assertThat(loop.stale()).as("no answer for longer than it may take").isTrue();
  }

  @Test
  void anInstanceLeftOutIsReportedOnceUntilItIsGone() {
    QueryResult<Snapshot> bad =
        new QueryResult<>(new Snapshot(WEB, List.of(instance("a"))), List.of("instance b: bad"), 5);
    stepWith(bad);
    stepWith(bad);
    assertThat(leftOut).containsExactly("instance b: bad");
    assertThat(loop.leftOut()).containsExactly("instance b: bad");
    stepWith(page(6, "a"));
    assertThat(loop.leftOut()).isEmpty();
    stepWith(bad);
    assertThat(leftOut).hasSize(2);
    assertThat(logged.lines()).containsOnly("WARN Watch of web: left out instance b: bad");
  }

  @Test
  void anEmptyAnswerWhoseIndexWentBackIsAskedForOnceMore() {
    stepWith(page(900, "a", "b"));
    blockingQuery.answers(page(1));
    stepWith(page(901, "a", "b"));
    assertThat(published).containsExactly(snapshot("a", "b"));
    assertThat(blockingQuery.asked())
        .containsExactly(OptionalLong.empty(), OptionalLong.of(900), OptionalLong.empty());
    assertThat(loop.stale()).isFalse();

    blockingQuery.answers(page(1, "b"));
    stepWith(page(7, "b"));
    assertThat(published).as("it is so").containsExactly(snapshot("a", "b"), snapshot("b"));
    assertThat(wentBack).hasValue(1);
  }

  @Test
  void whatIsKnownStaysIfTheSecondQuestionIsRefused() {
    stepWith(page(900, "a"));
    blockingQuery.answers(page(1));
    blockingQuery.fails(Kind.FORBIDDEN, "403 ACL not found");
    loop.step();
    assertThat(loop.current()).contains(snapshot("a"));
    assertThat(loop.stale()).isTrue();
    assertThat(published).hasSize(1);
  }

  private static QueryResult<Snapshot> unsure(
      long index, Duration lag, boolean confirmed, String... ids) {
    return new QueryResult<>(
        page(index, ids).found(), List.of(), index, lag, confirmed, Optional.empty());
  }

  @Test
  void ageCountsHowLongAgoConsulItselfWasSure() {
    stepWith(unsure(5, Duration.ofSeconds(20), true, "a"));
    time.advance(Duration.ofSeconds(3));
    assertThat(loop.age()).isEqualTo(Duration.ofSeconds(23));
    assertThat(loop.stale()).isFalse();
    time.advance(Duration.ofSeconds(13));
    assertThat(loop.stale()).isTrue();
    stepWith(page(5, "a"));
    assertThat(loop.age()).isZero();
  }

  @Test
  void anAnswerOfWhichConsulIsNotSureIsStale() {
    stepWith(unsure(5, Duration.ofMillis(20), false, "a"));
    assertThat(loop.stale()).isTrue();
    assertThat(loop.current()).contains(snapshot("a"));
    stepWith(page(5, "a"));
    assertThat(loop.stale()).isFalse();
  }

  @Test
  void theSameAnswerIsNoOlderThanWhenConsulWasLastSureOfIt() {
    stepWith(page(5, "a"));
    time.advance(Duration.ofSeconds(3));
    stepWith(unsure(5, Duration.ofSeconds(134), false, "a"));
    assertThat(loop.age()).isEqualTo(Duration.ofSeconds(3));
    assertThat(loop.stale()).isTrue();
    stepWith(unsure(5, Duration.ofSeconds(134), false, "a", "b"));
    assertThat(loop.age()).isEqualTo(Duration.ofSeconds(134));
  }

  @Test
  void anAgentThatAnswersFromItsCacheAloneIsNotWellAgain() {
    stepWith(page(5, "a"));
    for (int i = 0; i < 3; i++) {
      blockingQuery.fails(Kind.UNAVAILABLE, "500");
      loop.step();
      stepWith(unsure(5, Duration.ofSeconds(3), false, "a"));
    }
    assertThat(logged.lines()).containsExactly("WARN Watch of web: 500; trying on");
    stepWith(page(5, "a"));
    assertThat(logged.lines()).hasSize(2).last().asString().contains("well again");
  }

  @Test
  void aChangeThatCouldNotBeHandedOnIsHandedOnLater() {
    List<Snapshot> got = new ArrayList<>();
    AtomicInteger tries = new AtomicInteger();
    WatchLoop<Snapshot> loop =
        loop(
            WEB,
            snapshot -> {
              if (tries.incrementAndGet() == 1) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              got.add(snapshot);
            });
    blockingQuery.answers(page(5, "a"));
    Assertions.assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(loop::step);
    assertThat(loop.current()).contains(snapshot("a"));
    blockingQuery.answers(page(5, "a"));
    loop.step();
    blockingQuery.answers(page(5, "a"));
    loop.step();
    assertThat(got).containsExactly(snapshot("a"));
  }

  @Test
  void closingDuringAQueryIsNoFailure() {
    blockingQuery.beforeAnswering(loop::close);
    blockingQuery.fails(Kind.UNAVAILABLE, "Socket closed");
    loop.step();
    assertThat(logged.lines()).isEmpty();
    assertThat(blockingQuery.closed()).isEqualTo(1);
  }

  @Test
  void anUnexpectedEmptyAnswerIsTakenWithoutConfirmingEmpty() {
    stepWith(page(5, "a"));
    stepWith(page(6));
    assertThat(blockingQuery.confirmed()).isZero();
    assertThat(published).containsExactly(snapshot("a"), snapshot());
  }

  @Test
  void confirmingEmptyAsksAgainAndTakesThatAnswer() {
    ServiceQuery guarded = WEB.confirmingEmpty();
    WatchLoop<Snapshot> loop = loop(guarded);
    blockingQuery.answers(page(guarded, 5));
    loop.step();
    assertThat(blockingQuery.confirmed()).as("nothing was known to be doubted for").isZero();

    blockingQuery.answers(page(guarded, 6, "a"));
    loop.step();
    blockingQuery.answers(page(guarded, 7));
    blockingQuery.answers(page(guarded, 8, "a"));
    loop.step();
    assertThat(blockingQuery.confirmed()).isEqualTo(1);
    assertThat(published).hasSize(2);
    assertThat(loop.stale()).isFalse();

    blockingQuery.answers(page(guarded, 9));
    blockingQuery.answers(page(guarded, 9));
    loop.step();
    assertThat(blockingQuery.asked().get(3)).isEqualTo(OptionalLong.of(8));
    assertThat(published).hasSize(3).last().isEqualTo(new Snapshot(guarded, List.of()));
  }

  @Test
  void confirmingEmptyKeepsWhatIsKnownWhileTheAnswerIsNotConfirmed() {
    ServiceQuery guarded = WEB.confirmingEmpty();
    WatchLoop<Snapshot> loop = loop(guarded);
    blockingQuery.answers(page(guarded, 5, "a"));
    loop.step();
    for (int i = 0; i < 3; i++) {
      blockingQuery.answers(page(guarded, 6));
      blockingQuery.fails(Kind.UNAVAILABLE, "500 No cluster leader");
      loop.step();
      assertThat(loop.stale()).isTrue();
    }
    assertThat(loop.current()).contains(page(guarded, 5, "a").found());
    assertThat(published).hasSize(1);
  }

  /** An answer out of the agent's own view. */
  private static QueryResult<Snapshot> streamed(long index, String... ids) {
    return streamed(index, page(index, ids).found());
  }

  private static QueryResult<Snapshot> streamed(long index, Snapshot found) {
    return new QueryResult<>(
        found,
        List.of(),
        index,
        Duration.ZERO,
        true,
        Optional.of(new AnswerSource(Backend.STREAMING, Consistency.STALE)));
  }

  @Test
  void whatAStreamedAnswerTakesOutIsBelievedWhenTheLeaderSaysTheSame() {
    stepWith(page(5, "a", "b", "c"));
    blockingQuery.answers(streamed(6, "b"));
    stepWith(page(6));
    assertThat(blockingQuery.confirmedIds()).containsExactly(Set.of("a", "c"));
    assertThat(published).containsExactly(snapshot("a", "b", "c"), snapshot("b"));
    stepWith(page(6, "b"));
    assertThat(blockingQuery.asked()).last().isEqualTo(OptionalLong.of(6));
  }

  @Test
  void whatAStreamedAnswerAddsNeedsNoSecondQuestion() {
    stepWith(page(5, "a"));
    stepWith(streamed(6, "a", "b"));
    assertThat(published).containsExactly(snapshot("a"), snapshot("a", "b"));
    assertThat(blockingQuery.confirmedIds()).isEmpty();
    assertThat(blockingQuery.confirmed()).isZero();
  }

  @Test
  void whereTheLeaderStillHasThemAllIsAskedForAndTakenInstead() {
    stepWith(page(5, "a", "b"));
    blockingQuery.answers(streamed(6));
    blockingQuery.answers(page(7, "a"));
    stepWith(page(7, "a"));
    assertThat(blockingQuery.confirmed()).isEqualTo(1);
    assertThat(published).containsExactly(snapshot("a", "b"), snapshot("a"));
  }

  @Test
  void whatIsKnownStaysAndIsStaleWhileTheLeaderCannotBeAsked() {
    stepWith(page(5, "a", "b"));
    blockingQuery.answers(streamed(6, "a"));
    blockingQuery.fails(Kind.UNAVAILABLE, "500 No cluster leader");
    loop.step();
    assertThat(loop.current()).contains(snapshot("a", "b"));
    assertThat(loop.stale()).isTrue();
    stepWith(page(6, "a"));
    assertThat(blockingQuery.asked()).last().isEqualTo(OptionalLong.empty());
    assertThat(published).containsExactly(snapshot("a", "b"), snapshot("a"));
  }

  @Test
  void oneThatIsNoLongerWellIsConfirmedToo() {
    WatchLoop<Snapshot> loop = loop(WEB.worst(HealthStatus.CRITICAL));
    ServiceInstance well = instance("a");
    ServiceInstance ill = well.toBuilder().status(HealthStatus.CRITICAL).build();
    Snapshot allIll = new Snapshot(WEB, List.of(ill));
    blockingQuery.answers(page(5, "a"));
    loop.step();
    blockingQuery.answers(streamed(6, allIll));
    blockingQuery.answers(new QueryResult<>(allIll, List.of(), 6));
    loop.step();
    assertThat(blockingQuery.confirmedIds()).containsExactly(Set.of("a"));
    assertThat(loop.current()).contains(allIll);

    blockingQuery.answers(streamed(7, "a"));
    loop.step();
    assertThat(blockingQuery.confirmedIds()).as("who is well again needs no proof").hasSize(1);
    blockingQuery.answers(streamed(8, allIll));
    blockingQuery.answers(page(7, "a"));
    blockingQuery.answers(page(7, "a"));
    loop.step();
    assertThat(loop.current()).as("the leader knows better").contains(snapshot("a"));
  }

  @Test
  void whoHasLeftIsAskedForOnItsNode() {
    stepWith(page(5, "a", "b"));
    blockingQuery.saysGone(true);
    stepWith(streamed(6, "b"));
    assertThat(blockingQuery.maybeGone()).containsExactly(List.of(instance("a")));
    assertThat(blockingQuery.confirmedIds()).isEmpty();
    assertThat(published).last().isEqualTo(snapshot("b"));
  }

  @Test
  void whoIsThereStillButLessWellIsNotTakenForOneThatHasLeft() {
    ServiceQuery all = WEB.worst(HealthStatus.CRITICAL);
    WatchLoop<Snapshot> loop = loop(all);
    ServiceInstance ill = instance("a").toBuilder().status(HealthStatus.CRITICAL).build();
    blockingQuery.answers(page(all, 5, "a", "b"));
    loop.step();
    blockingQuery.saysGone(true);
    Snapshot left = new Snapshot(all, List.of(ill));
    blockingQuery.answers(streamed(6, left));
    blockingQuery.answers(new QueryResult<>(left, List.of(), 6));
    loop.step();
    assertThat(blockingQuery.maybeGone()).isEmpty();
    assertThat(blockingQuery.confirmedIds()).containsExactly(Set.of("a", "b"));
  }

  @Test
  void whereManyAreTakenOutEverythingIsAskedFor() {
    String[] ids = IntStream.range(0, 33).mapToObj(i -> "i" + i).toArray(String[]::new);
    stepWith(page(5, ids));
    blockingQuery.answers(streamed(6));
    stepWith(page(6));
    assertThat(blockingQuery.confirmedIds()).isEmpty();
    assertThat(blockingQuery.confirmed()).isEqualTo(1);
    assertThat(published).last().isEqualTo(snapshot());
  }

  @Test
  void anAnswerOfAServerThatKnowsNoLeaderTakesNobodyOut() {
    stepWith(page(5, "a", "b"));
    blockingQuery.answers(unsure(6, Duration.ZERO, false, "a"));
    blockingQuery.fails(Kind.UNAVAILABLE, "500 No cluster leader");
    loop.step();
    assertThat(loop.current()).contains(snapshot("a", "b"));
    assertThat(loop.stale()).isTrue();
  }

  @Test
  void whoAsksForAnyServersWordGetsIt() {
    ServiceQuery any = WEB.consistency(Consistency.STALE);
    WatchLoop<Snapshot> loop = loop(any);
    blockingQuery.answers(page(any, 5, "a", "b"));
    loop.step();
    blockingQuery.answers(page(any, 6, "a"));
    loop.step();
    assertThat(loop.current()).contains(page(any, 6, "a").found());
    assertThat(blockingQuery.confirmedIds()).isEmpty();
  }

  @Test
  void aStreamThatSaysNothingNewIsNoProofAndTheServersAreAskedInstead() {
    stepWith(page(5, "a"));
    time.advance(BOUND.dividedBy(4));
    stepWith(streamed(5, "a"));
    assertThat(loop.age()).isEqualTo(BOUND.dividedBy(4));
    assertThat(blockingQuery.asked()).hasSize(2);

    time.advance(BOUND.dividedBy(4));
    blockingQuery.answers(streamed(5, "a"));
    stepWith(page(5, "a"));
    assertThat(blockingQuery.asked())
        .containsExactly(
            OptionalLong.empty(), OptionalLong.of(5), OptionalLong.of(5), OptionalLong.empty());
    assertThat(loop.age()).isZero();
    assertThat(loop.source().orElseThrow().backend()).isEqualTo(Backend.STREAMING);
    assertThat(published).hasSize(1);
  }

  @Test
  void anIndexThatTheServersCountOtherwiseThanTheAgentsViewIsNoStepBack() {
    stepWith(page(90, "a"));
    stepWith(streamed(100, "a", "b"));
    time.advance(BOUND.dividedBy(2));
    blockingQuery.answers(streamed(100, "a", "b"));
    stepWith(page(95, "a", "b"));
    stepWith(streamed(94, "a", "b"));
    stepWith(streamed(101, "a", "b", "c"));
    assertThat(wentBack).hasValue(0);
    assertThat(blockingQuery.asked()).last().isEqualTo(OptionalLong.of(94));
  }

  @Test
  void anEmptyViewOfAStreamThatBeginsAnewEmptiesNoPool() {
    stepWith(page(900, "a", "b"));
    blockingQuery.answers(streamed(1));
    stepWith(page(901, "a", "b"));
    assertThat(published).containsExactly(snapshot("a", "b"));
    assertThat(wentBack).hasValue(0);
    assertThat(loop.stale()).isFalse();
  }
}
