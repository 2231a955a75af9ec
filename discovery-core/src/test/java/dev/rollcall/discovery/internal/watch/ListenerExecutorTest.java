package dev.rollcall.discovery.internal.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LogCapture;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.testing.InMemoryRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ListenerExecutorTest {

  private final InMemoryRegistry registry = new InMemoryRegistry();
  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();
  private final List<String> threads = new CopyOnWriteArrayList<>();

  private void watchWith(Executor executor) {
    Discovery discovery =
        registry.connect(ConsulOptions.builder().listenerExecutor(executor).build());
    discovery.watch(
        ServiceQuery.service("web"),
        snapshot -> {
          threads.add(Thread.currentThread().getName());
          snapshots.add(snapshot);
        });
    await().until(() -> snapshots.size() == 1);
    registry.add(ServiceDefinition.named("web").port(80).build());
    await().until(() -> snapshots.get(snapshots.size() - 1).instances().size() == 1);
  }

  @Test
  void theApplicationsThreadsRunTheListeners() {
    ExecutorService pool = Executors.newSingleThreadExecutor(task -> new Thread(task, "mine"));
    try (registry) {
      watchWith(pool);
      assertThat(threads).containsOnly("mine");
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void anExecutorThatRunsATaskInItsCallerHoldsUpNothing() {
    try (registry) {
      watchWith(Runnable::run);
    }
  }

  @Test
  void whatIsRefusedIsRunByTheLibraryAndLoggedOnce() {
    try (LogCapture log = new LogCapture(ListenerExecutor.class.getName(), Level.WARN);
        registry) {
      watchWith(
          task -> {
            throw new RejectedExecutionException("full");
          });
      assertThat(threads).hasSizeGreaterThanOrEqualTo(2);
      assertThat(log.lines()).hasSize(1).first().asString().contains("listenerExecutor");
    }
  }

  @Test
  void aTaskThatWasRunAndThenRefusedIsRunOnce() {
    AtomicInteger runs = new AtomicInteger();
    new ListenerExecutor(
            task -> {
              task.run();
              throw new IllegalStateException("after all");
            },
            Runnable::run)
        .execute(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }
}
