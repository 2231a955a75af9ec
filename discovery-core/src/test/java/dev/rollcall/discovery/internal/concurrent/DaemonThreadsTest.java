package dev.rollcall.discovery.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.LogCapture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DaemonThreadsTest {

  private static final boolean HAS_VIRTUAL = Runtime.version().feature() >= 21;

  private final AtomicInteger room = new AtomicInteger(Integer.MAX_VALUE);
  private final LogCapture logged = new LogCapture();
  private final DaemonThreads threads =
      new DaemonThreads(
          DaemonThreads.platformFactory("some-timer-"),
          scarce("some-control-"),
          scarce("some-listener-"));

  /** Makes threads while there is room, and throws what the JVM throws when there is none. */
  private ThreadFactory scarce(String prefix) {
    ThreadFactory plenty = DaemonThreads.platformFactory(prefix);
    return task -> {
      if (room.getAndDecrement() <= 0) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      return plenty.newThread(task);
    };
  }

  @AfterEach
  void close() {
    threads.close();
    logged.close();
  }

  private static void assertRuns(CountDownLatch done) throws InterruptedException {
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aTaskForWhichNoThreadCouldBeStartedRunsWhenOneCan() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(2);
    room.set(0);
    threads
        .control()
        .execute(
            new SerialExecutor.PrioritizedTask(SerialExecutor.Priority.HEARTBEAT, done::countDown));
    threads.listeners().execute(done::countDown);
    assertThat(done.getCount()).isEqualTo(2);
    assertThat(logged.lines()).singleElement().asString().contains("No thread can be started");

    room.set(10);
    assertRuns(done);
  }

  @Test
  void existingThreadsRunTheTasksOfThoseThatCouldNotBeStarted() throws InterruptedException {
    CountDownLatch first = new CountDownLatch(1);
    room.set(1);
    threads
        .control()
        .execute(
            new SerialExecutor.PrioritizedTask(
                SerialExecutor.Priority.HEARTBEAT, first::countDown));
    assertRuns(first);

    CountDownLatch more = new CountDownLatch(20);
    for (int i = 0; i < 20; i++) {
      threads
          .control()
          .execute(
              new SerialExecutor.PrioritizedTask(
                  SerialExecutor.Priority.HEARTBEAT, more::countDown));
    }
    assertRuns(more);
  }

  @Test
  void anErrorOfATaskDoesNotStopTheScheduler() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    threads.schedule(
        java.time.Duration.ZERO,
        () -> {
          throw new NoSuchMethodError("a bug");
        });
    threads.schedule(java.time.Duration.ofMillis(1), done::countDown);
    assertRuns(done);
  }

  @Test
  void heartbeatsRunOnPlatformThreads() throws Exception {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    try (DaemonThreads real = new DaemonThreads()) {
      real.control()
          .execute(
              new SerialExecutor.PrioritizedTask(
                  SerialExecutor.Priority.HEARTBEAT, () -> ran.complete(Thread.currentThread())));
      Thread thread = ran.get(10, TimeUnit.SECONDS);
      assertThat(thread.getName()).startsWith("rollcall-control-");
      assertThat(thread.isDaemon()).isTrue();
      assertThat(isVirtual(thread)).isFalse();
    }
  }

  @Test
  void threadsAreVirtualWhereTheJvmHasThemAndKeepNoProcessAlive() throws Exception {
    CompletableFuture<Thread> ran = new CompletableFuture<>();
    var factory = DaemonThreads.virtualFactory("rollcall-some-");
    factory.newThread(() -> ran.complete(Thread.currentThread())).start();

    Thread thread = ran.join();
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("rollcall-some-1");
    assertThat(factory.newThread(() -> {}).getName()).isEqualTo("rollcall-some-2");
    assertThat(isVirtual(thread)).isEqualTo(HAS_VIRTUAL);
  }

  @Test
  void platformThreadsAreDaemons() throws Exception {
    Thread thread = DaemonThreads.platformFactory("rollcall-timer-").newThread(() -> {});
    assertThat(thread.isDaemon()).isTrue();
    assertThat(thread.getName()).isEqualTo("rollcall-timer-1");
    assertThat(isVirtual(thread)).isFalse();
  }

  private static boolean isVirtual(Thread thread) throws ReflectiveOperationException {
    return HAS_VIRTUAL && (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
  }
}
