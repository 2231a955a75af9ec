package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.internal.Logged;
import dev.rollcall.discovery.internal.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeaveOnTerminateTest {

  private final ManualTime time = new ManualTime();
  private final Traffic traffic = new Traffic(time::nanoTime);
  private final List<String> steps = new CopyOnWriteArrayList<>();
  private final Logged logged = new Logged();
  private final long began = time.nanoTime();

  @AfterEach
  void closeLog() {
    logged.close();
  }

  private LeaveOnTerminate.Builder builder() {
    return LeaveOnTerminate.builder()
        .clock(time)
        .notReady(() -> steps.add("not ready"))
        .registration(new FakeRegistration())
        .stopServer(() -> steps.add("stop after " + elapsed().toMillis()))
        .then(() -> steps.add("close"));
  }

  private Duration elapsed() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  private void request(Duration at, Duration took) {
    time.after(at, traffic::began);
    time.after(at.plus(took), traffic::ended);
  }

  @Test
  void takesTheStepsInOrderAndServesForTheQuietPeriod() {
    builder().traffic(traffic).build().run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 2000", "close");
  }

  @Test
  void servesOnWhileRequestsCome() {
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
    traffic.began();
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
    time.after(Duration.ofMillis(500), leave::stopNow);
    leave.run();
    assertThat(steps).containsExactly("not ready", "leave", "stop after 500", "close");
  }

  @Test
  void aStepThatThrowsDoesNotKeepTheNextFromBeingTaken() {
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
  void aStepThatHangsIsLeftBehind() {
    CountDownLatch never = new CountDownLatch(1);
    builder()
        .stopTimeout(Duration.ofMillis(20))
        .stopServer(
            () -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            })
        .build()
        .run();
    assertThat(steps).containsExactly("not ready", "leave", "close");
    never.countDown();
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
                  try {
                    goOn.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
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
  void moreEndsThanBeginningsAreAMistake() {
    assertThatIllegalStateException().isThrownBy(traffic::ended);
    assertThat(traffic.inFlight()).isZero();
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
    public boolean settled() {
      return true;
    }

    @Override
    public RegistrationState state() {
      return RegistrationState.LEFT;
    }

    @Override
    public boolean leave() {
      return leaveAsync().join();
    }

    @Override
    public CompletableFuture<Boolean> leaveAsync() {
      steps.add("leave");
      return CompletableFuture.completedFuture(true);
    }

    @Override
    public void close() {
      leave();
    }
  }
}
