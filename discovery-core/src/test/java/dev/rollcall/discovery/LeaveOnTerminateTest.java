package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ShutdownPhase.Outcome;
import dev.rollcall.discovery.internal.concurrent.Clock;
import dev.rollcall.discovery.internal.concurrent.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaveOnTerminateTest {

  private final ManualTime time = new ManualTime();
  private final RequestTracker traffic = new RequestTracker(time::nanoTime);
  private final List<String> steps = new CopyOnWriteArrayList<>();
  private final List<String> observed = new CopyOnWriteArrayList<>();
  private final ShutdownListener observer =
      new ShutdownListener() {
        @Override
        public void phaseStarted(ShutdownPhase step) {
          observed.add(step.toString());
        }

        @Override
        public void phaseEnded(ShutdownPhase step, Outcome outcome, Duration took) {
          observed.add(step + " " + outcome + " " + took.toMillis());
        }
      };
  private final CallClock calls = new CallClock();
  private final LogCapture logged = new LogCapture();
  private boolean confirmed = true;
  private final long began = time.nanoTime();

  @AfterEach
  void end() {
    calls.hangsNoMore.countDown();
    logged.close();
  }

  private LeaveOnTerminate.Builder builder() {
    return LeaveOnTerminate.builder()
        .clocks(time, calls)
        .listener(observer)
        .notReady(() -> steps.add("not ready"))
        .registration(new FakeRegistration())
        .stopServer(() -> steps.add("stop after " + elapsed().toMillis()))
        .then(() -> steps.add("close"));
  }

  private Duration elapsed() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  private void request(Duration at, Duration took) {
    time.schedule(at, traffic::requestStarted);
    time.schedule(at.plus(took), traffic::requestFinished);
  }

  @Test
  void runsThePhasesInOrderAndServesForTheQuietPeriod() {
    builder().traffic(traffic).build().run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 2000", "close");
  }

  @Test
  void servesWhileRequestsCome() {
    for (int i = 0; i < 10; i++) {
      request(Duration.ofMillis(200L * i), Duration.ofMillis(10));
    }
    builder().traffic(traffic).build().run();
    assertThat(elapsed()).isBetween(Duration.ofMillis(3810), Duration.ofMillis(3840));
  }

  @Test
  void aLongRequestIsWaitedFor() {
    request(Duration.ofMillis(10), Duration.ofMillis(2500));
    builder().traffic(traffic).build().run();
    assertThat(elapsed()).isBetween(Duration.ofMillis(4510), Duration.ofMillis(4540));
  }

  @Test
  void theDrainHasALimit() {
    traffic.requestStarted();
    builder().traffic(traffic).drainLimit(Duration.ofSeconds(3)).build().run();
    assertThat(steps).contains("stop after 3000");
    assertThat(logged.lines()).anyMatch(line -> line.contains("1 requests in flight"));
  }

  @Test
  void quietBeforeTheLeaveDoesNotCount() {
    time.advance(Duration.ofHours(1));
    builder().traffic(traffic).build().run();
    assertThat(elapsed()).isEqualTo(Duration.ofHours(1).plusSeconds(2));
  }

  @Test
  void withoutTrafficTheWholeQuietPeriodIsServed() {
    builder().quietPeriod(Duration.ofSeconds(4)).build().run();
    assertThat(steps).contains("stop after 4000");
  }

  @Test
  void aSecondSignalEndsTheDrain() {
    LeaveOnTerminate leave = builder().traffic(traffic).build();
    time.schedule(Duration.ofMillis(500), leave::stopNow);
    leave.run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 500", "close");
  }

  @Test
  void aPhaseThatThrowsDoesNotStopTheNext() {
    builder()
        .notReady(
            () -> {
              throw new IllegalStateException("a bug");
            })
        .build()
        .run();
    assertThat(steps).containsExactly("leave", "stop after 2000", "close");
    assertThat(logged.lines()).contains("WARN Terminating: could not tell that it is not ready");
  }

  @Test
  void aPhaseThatHangsIsAbandonedWhenItsTimeIsUp() {
    builder().stopTimeout(Duration.ofMillis(1234)).stopServer(calls::hang).build().run();
    assertThat(steps).containsExactly("not ready", "leave", "close");
    assertThat(logged.lines())
        .contains("WARN Terminating: to stop the server takes longer than 1234 ms; going on");
  }

  @Test
  void timeIsUpByTheClockOfTheMachineWhereNothingElseIsSaid() {
    CountDownLatch never = new CountDownLatch(1);
    LeaveOnTerminate.builder()
        .quietPeriod(Duration.ZERO)
        .stopTimeout(Duration.ofMillis(20))
        .stopServer(() -> awaitQuietly(never))
        .build()
        .run();
    assertThat(logged.lines())
        .contains("WARN Terminating: to stop the server takes longer than 20 ms; going on");
    never.countDown();
  }

  @Test
  void theListenerIsToldWhenEachPhaseStartsAndEnds() {
    builder().traffic(traffic).build().run();
    assertThat(observed)
        .containsExactly(
            "NOT_READY", "NOT_READY DONE 0",
            "LEAVE", "LEAVE DONE 0",
            "DRAIN", "DRAIN DONE 2000",
            "STOP_SERVER", "STOP_SERVER DONE 0",
            "CLOSE", "CLOSE DONE 0");
  }

  @Test
  void theListenerIsToldTheOutcomeOfEachPhase() {
    confirmed = false;
    traffic.requestStarted();
    builder()
        .notReady(
            () -> {
              throw new IllegalStateException("a bug");
            })
        .traffic(traffic)
        .stopServer(calls::hang)
        .then(
            () -> {
              throw new IllegalStateException("another");
            })
        .then(() -> steps.add("close the last"))
        .build()
        .run();
    assertThat(observed)
        .contains(
            "NOT_READY FAILED 0",
            "LEAVE FAILED 0",
            "DRAIN TIMED_OUT 5000",
            "STOP_SERVER TIMED_OUT 0",
            "CLOSE FAILED 0");
    assertThat(steps).containsExactly("leave", "close", "close the last");
  }

  @Test
  void theListenerIsToldThatTheDrainWasCutShort() {
    LeaveOnTerminate leave = builder().traffic(traffic).build();
    time.schedule(Duration.ofMillis(500), leave::stopNow);
    leave.run();
    assertThat(observed).contains("DRAIN CUT_SHORT 500", "CLOSE DONE 0");
  }

  @Test
  void aListenerThatThrowsOrHangsStopsNoPhase() {
    builder()
        .listener(
            new ShutdownListener() {
              @Override
              public void phaseStarted(ShutdownPhase step) {
                if (step == ShutdownPhase.CLOSE) {
                  calls.hang();
                }
              }

              @Override
              public void phaseEnded(ShutdownPhase step, Outcome outcome, Duration took) {
                throw new NoSuchMethodError("a bug");
              }
            })
        .build()
        .run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 2000", "close");
    assertThat(logged.lines())
        .contains(
            "WARN Terminating: to tell the listener takes longer than 2000 ms; going on",
            "WARN Terminating: could not tell the listener");
  }

  @Test
  void aListenerThatHangsOnceIsNotWaitedForAgainButToldOfTheRestInOrder() {
    List<String> heard = new CopyOnWriteArrayList<>();
    builder()
        .listener(
            new ShutdownListener() {
              @Override
              public void phaseStarted(ShutdownPhase step) {
                calls.hang();
                heard.add(step.toString());
              }
            })
        .build()
        .run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 2000", "close");
    assertThat(logged.lines().stream().filter(line -> line.contains("tell the listener")))
        .hasSize(1);
    calls.hangsNoMore.countDown();
    await().until(() -> heard.size() == 5);
    assertThat(heard).containsExactly("NOT_READY", "LEAVE", "DRAIN", "STOP_SERVER", "CLOSE");
  }

  @Test
  void anInterruptChangesNeitherTheOrderNorTheDrain() {
    LeaveOnTerminate leave =
        builder()
            .clocks(
                new Clock() {
                  @Override
                  public long nanoTime() {
                    return time.nanoTime();
                  }

                  @Override
                  public boolean await(CountDownLatch latch, Duration atMost)
                      throws InterruptedException {
                    if (Thread.interrupted()) {
                      throw new InterruptedException();
                    }
                    return time.await(latch, atMost);
                  }
                },
                calls)
            .traffic(traffic)
            .build();
    Thread.currentThread().interrupt();
    leave.run();
    assertThat(Thread.interrupted()).as("it is there afterwards").isTrue();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 2000", "close");
    assertThat(observed)
        .contains("NOT_READY DONE 0", "LEAVE DONE 0", "DRAIN DONE 2000", "CLOSE DONE 0");
  }

  @Test
  void thePhasesRunInTheConfiguredOrder() {
    builder()
        .order(
            ShutdownPhase.LEAVE,
            ShutdownPhase.DRAIN,
            ShutdownPhase.NOT_READY,
            ShutdownPhase.CLOSE,
            ShutdownPhase.STOP_SERVER)
        .build()
        .run();
    assertThat(steps).containsExactly("leave", "not ready", "close", "stop after 2000");
  }

  @Test
  void anOrderWithoutAPhaseOrWithOneTwiceIsRefused() {
    LeaveOnTerminate.Builder builder = LeaveOnTerminate.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.order(ShutdownPhase.CLOSE))
        .withMessage(
            "order is [CLOSE] but must be: each of"
                + " [NOT_READY, LEAVE, DRAIN, STOP_SERVER, CLOSE] once");
    ShutdownPhase[] twice = ShutdownPhase.values();
    twice[0] = ShutdownPhase.CLOSE;
    assertThatIllegalArgumentException().isThrownBy(() -> builder.order(twice));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void runsOnceAndASecondCallerWaitsForTheFirst() throws InterruptedException {
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    LeaveOnTerminate leave =
        builder()
            .stopServer(
                () -> {
                  steps.add("stop");
                  stopping.countDown();
                  awaitQuietly(goOn);
                })
            .build();
    Thread first = leave.asShutdownHook();
    Thread second = leave.asShutdownHook();
    first.start();
    stopping.await();
    second.start();
    await().until(() -> second.getState() == Thread.State.WAITING);
    goOn.countDown();
    first.join();
    second.join();
    leave.run();
    assertThat(steps).containsExactly("not ready", "leave", "stop", "close");
  }

  @Test
  void finishingMoreRequestsThanStartedIsAnError() {
    assertThatIllegalStateException().isThrownBy(traffic::requestFinished);
    assertThat(traffic.inFlight()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0s, 0", "0ms, 0", "500ms, 500", "2s, 2000", "10s, 10000", "1m, 60000", "' ', 2000"})
  void theQuietPeriodIsReadFromTheEnvironment(String text, long milliseconds) {
    builder().environment(Map.of("DRAIN_QUIET", text, "DRAIN_LIMIT", "10m")).build().run();
    assertThat(elapsed()).hasMillis(milliseconds);
  }

  @Test
  void theDrainLimitIsReadFromTheEnvironment() {
    traffic.requestStarted();
    builder().traffic(traffic).environment(Map.of("DRAIN_LIMIT", "3s")).build().run();
    assertThat(steps).contains("stop after 3000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2",
        "s",
        "-2s",
        "2 s",
        "2S",
        "1.5s",
        "1h",
        "11m",
        "601s",
        "9999999999999s",
        "PT2S"
      })
  void aWrongDurationIsOneLineThatNamesTheVariable(String text) {
    for (String variable : List.of("DRAIN_LIMIT", "DRAIN_QUIET")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> LeaveOnTerminate.builder().environment(Map.of(variable, text)))
          .withMessageStartingWith(variable + " is \"" + text + "\" but must be: a duration");
    }
  }

  @Test
  void aQuietPeriodThatTheLimitNeverGrantsIsRefused() {
    Map<String, String> environment = Map.of("DRAIN_QUIET", "1500ms", "DRAIN_LIMIT", "1s");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LeaveOnTerminate.builder().environment(environment))
        .withMessageStartingWith(
            "DRAIN_QUIET is \"1500ms\" but must be: no longer than DRAIN_LIMIT");
  }

  /** Time for a call is up as soon as the call hangs, and not before. */
  private static final class CallClock implements Clock {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Semaphore hanging = new Semaphore(0);
    final CountDownLatch hangsNoMore = new CountDownLatch(1);

    /** Called by what is to take longer than it may. */
    void hang() {
      hanging.release();
      awaitQuietly(hangsNoMore);
    }

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public boolean await(CountDownLatch latch, Duration atMost) throws InterruptedException {
      long began = System.nanoTime();
      while (!latch.await(1, TimeUnit.MILLISECONDS)) {
        if (hanging.tryAcquire()) {
          return false;
        }
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(PATIENCE);
      }
      return true;
    }
  }

  private final class FakeRegistration implements Registration {
    @Override
    public String id() {
      return "web-1";
    }

    @Override
    public void beginMaintenance(String reason) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void endMaintenance() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void weights(int passing, int warning) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void tags(List<String> tags) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void reportHealth() {}

    @Override
    public boolean settled() {
      return true;
    }

    @Override
    public RegistrationState state() {
      return RegistrationState.LEFT;
    }

    @Override
    public boolean awaitPassing(Duration timeout) {
      return false;
    }

    @Override
    public boolean leave() {
      return leaveAsync().join();
    }

    @Override
    public CompletableFuture<Boolean> leaveAsync() {
      steps.add("leave");
      return CompletableFuture.completedFuture(confirmed);
    }

    @Override
    public void close() {
      leave();
    }
  }
}
