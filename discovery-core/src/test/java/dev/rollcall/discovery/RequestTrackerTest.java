package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RequestTrackerTest {

  private final AtomicLong nanos = new AtomicLong();
  private final RequestTracker tracker = new RequestTracker(nanos::get);

  @Test
  void aRequestIsInFlightUntilItIsServed() {
    nanos.addAndGet(1_000_000_000);
    assertThat(tracker.quietFor()).isEqualTo(Duration.ofSeconds(1));
    tracker.track(
        () -> {
          assertThat(tracker.inFlight()).isEqualTo(1);
          assertThat(tracker.quietFor()).isZero();
        });
    assertThat(tracker.inFlight()).isZero();
    assertThat(tracker.quietFor()).isZero();
  }

  @Test
  void aRequestThatThrowsHasEnded() {
    assertThatThrownBy(() -> tracker.track(RequestTrackerTest::fail))
        .isInstanceOf(IOException.class)
        .hasMessage("gone");
    assertThat(tracker.inFlight()).isZero();
  }

  private static void fail() throws IOException {
    throw new IOException("gone");
  }

  @Test
  void noMoreRequestsEndThanBegan() {
    assertThatThrownBy(tracker::requestFinished).isInstanceOf(IllegalStateException.class);
  }
}
