package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionLimitTest {

  private final ManualTime time = new ManualTime();
  private final LogCapture logged = new LogCapture();
  private final ConnectionLimit limit = new ConnectionLimit(6, Duration.ofSeconds(25), time);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private Duration pollAgain(ConnectionLimit.Share share) {
    long began = time.nanoTime();
    assertThat(share.poll(true, Result::done)).isInstanceOf(Result.Ok.class);
    return time.since(began);
  }

  @Test
  void asManyQueriesAsTheLimitAllowsHaveAConnectionAndTheOthersArePolledEveryTwoSeconds() {
    assertThat(limit.new Share().hasConnection()).isTrue();
    assertThat(limit.new Share().hasConnection()).isTrue();
    assertThat(logged.lines()).isEmpty();

    ConnectionLimit.Share third = limit.new Share();
    assertThat(third.hasConnection()).isFalse();
    long began = time.nanoTime();
    assertThat(third.poll(false, Result::done)).isInstanceOf(Result.Ok.class);
    assertThat(time.since(began)).as("the first time at once").isZero();
    assertThat(pollAgain(third)).isEqualTo(Duration.ofSeconds(2));
    assertThat(limit.new Share().hasConnection()).isFalse();
    assertThat(logged.lines())
        .singleElement()
        .asString()
        .contains("More than 2 queries", "http_max_conns_per_client", "ConsulOptions.connections");
  }

  @ParameterizedTest
  @CsvSource({"100, 2", "500, 10", "1250, 25", "4000, 25"})
  void theMoreQueriesThereAreTheLessOftenEachIsPolledButNotLessOftenThanABlockingOneIsAnswered(
      int queries, int seconds) {
    ConnectionLimit.Share last = limit.new Share();
    for (int i = 0; i < queries + 2; i++) {
      last = limit.new Share();
      last.hasConnection();
      last.hasConnection();
    }
    assertThat(pollAgain(last)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void aConnectionThatBecomesFreeIsTaken() {
    ConnectionLimit.Share first = limit.new Share();
    assertThat(first.hasConnection()).isTrue();
    assertThat(limit.new Share().hasConnection()).isTrue();
    ConnectionLimit.Share third = limit.new Share();
    assertThat(third.hasConnection()).isFalse();
    first.close();
    first.close();
    assertThat(third.hasConnection()).isTrue();
    assertThat(limit.new Share().hasConnection()).isFalse();
  }

  @Test
  void aClosedQueryTakesNoConnectionAndWaitsForNothing() {
    ConnectionLimit.Share closed = limit.new Share();
    closed.close();
    assertThat(closed.hasConnection()).isFalse();
    assertThat(pollAgain(closed)).isZero();
    assertThat(limit.new Share().hasConnection()).isTrue();
    assertThat(limit.new Share().hasConnection()).isTrue();
  }

  @Test
  void noMoreThanTwoPollsAreUnderWayAtOnce() {
    AtomicReference<Result<Result.Done>> third = new AtomicReference<>();
    limit.new Share()
        .poll(
            false,
            () ->
                limit.new Share()
                    .poll(
                        false,
                        () -> {
                          Thread.currentThread().interrupt(); // So that it does not wait long.
                          third.set(limit.new Share().poll(false, Result::done));
                          Thread.interrupted();
                          return Result.done();
                        }));
    assertThat(third.get()).isInstanceOf(Result.Failed.class);
  }
}
