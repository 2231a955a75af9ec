package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.internal.api.Result;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectionLimitTest {

  private final ManualTime time = new ManualTime();
  private final LogCapture logged = new LogCapture();
  private final AtomicInteger polling = new AtomicInteger();
  private final ConnectionLimit limit =
      new ConnectionLimit(7, Duration.ofSeconds(25), time, polling::incrementAndGet);

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private ConnectionLimit.Share share() {
    return limit.new Share(Optional.empty());
  }

  private ConnectionLimit.Share polled(String service) {
    ConnectionLimit.Share share = limit.new Share(Optional.of(service));
    assertThat(share.hasConnection()).isFalse();
    return share;
  }

  private Duration pollAgain(ConnectionLimit.Share share) {
    long began = time.nanoTime();
    assertThat(share.poll(true, Result::done)).isInstanceOf(Result.Ok.class);
    return time.since(began);
  }

  @Test
  void asManyQueriesAsTheLimitAllowsHaveAConnectionAndTheOthersArePolledEveryTwoSeconds() {
    assertThat(share().hasConnection()).isTrue();
    assertThat(share().hasConnection()).isTrue();
    assertThat(logged.lines()).isEmpty();

    ConnectionLimit.Share third = share();
    assertThat(third.hasConnection()).isFalse();
    long began = time.nanoTime();
    assertThat(third.poll(false, Result::done)).isInstanceOf(Result.Ok.class);
    assertThat(time.since(began)).as("the first time at once").isZero();
    assertThat(pollAgain(third)).isEqualTo(Duration.ofSeconds(2));
    assertThat(share().hasConnection()).isFalse();
    assertThat(logged.lines())
        .singleElement()
        .asString()
        .contains("More than 2 queries", "http_max_conns_per_client", "ConsulOptions.connections");
  }

  @ParameterizedTest
  @CsvSource({"100, 2", "500, 10", "1250, 25", "4000, 25"})
  void theMoreQueriesThereAreTheLessOftenEachIsPolledButNotLessOftenThanABlockingOneIsAnswered(
      int queries, int seconds) {
    ConnectionLimit.Share last = share();
    for (int i = 0; i < queries + 2; i++) {
      last = share();
      last.hasConnection();
      last.hasConnection();
    }
    assertThat(pollAgain(last)).isEqualTo(Duration.ofSeconds(seconds));
  }

  @Test
  void aConnectionThatBecomesFreeIsTaken() {
    ConnectionLimit.Share first = share();
    assertThat(first.hasConnection()).isTrue();
    assertThat(share().hasConnection()).isTrue();
    ConnectionLimit.Share third = share();
    assertThat(third.hasConnection()).isFalse();
    first.close();
    first.close();
    assertThat(third.hasConnection()).isTrue();
    assertThat(share().hasConnection()).isFalse();
  }

  @Test
  void aClosedQueryTakesNoConnectionAndWaitsForNothing() {
    ConnectionLimit.Share closed = share();
    closed.close();
    assertThat(closed.hasConnection()).isFalse();
    assertThat(pollAgain(closed)).isZero();
    assertThat(share().hasConnection()).isTrue();
    assertThat(share().hasConnection()).isTrue();
  }

  @Test
  void aQueryWhoseServiceHasChangedIsPolledAtOnceAndThenInItsTurn() {
    share().hasConnection();
    ConnectionLimit.Share first = share();
    first.hasConnection();
    assertThat(limit.isPolling()).isFalse();
    ConnectionLimit.Share web = polled("Web");
    ConnectionLimit.Share again = polled("web");
    ConnectionLimit.Share other = polled("other");
    assertThat(limit.isPolling()).isTrue();
    assertThat(polling).hasValue(3);

    limit.changed("web");
    limit.changed("web");
    assertThat(pollAgain(web)).isZero();
    assertThat(pollAgain(again)).isZero();
    assertThat(pollAgain(other)).isEqualTo(Duration.ofSeconds(2));
    assertThat(pollAgain(web)).isEqualTo(Duration.ofSeconds(2));

    web.close();
    first.close();
    assertThat(again.hasConnection()).isTrue();
    limit.changed("WEB");
    other.close();
    assertThat(limit.isPolling()).isFalse();
  }

  @Test
  void whatChangesDuringAPollIsSeenByAnotherOne() {
    share().hasConnection();
    share().hasConnection();
    ConnectionLimit.Share web = polled("web");
    web.poll(
        true,
        () -> {
          limit.changed("web");
          return Result.done();
        });
    assertThat(pollAgain(web)).isZero();
    assertThat(pollAgain(web)).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void noMoreThanTwoPollsAreUnderWayAtOnce() {
    AtomicReference<Result<Result.Done>> third = new AtomicReference<>();
    share()
        .poll(
            false,
            () ->
                share()
                    .poll(
                        false,
                        () -> {
                          Thread.currentThread().interrupt(); // So that it does not wait long.
                          third.set(share().poll(false, Result::done));
                          Thread.interrupted();
                          return Result.done();
                        }));
    assertThat(third.get()).isInstanceOf(Result.Failed.class);
  }
}
