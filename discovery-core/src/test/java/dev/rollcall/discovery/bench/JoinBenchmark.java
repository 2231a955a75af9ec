package dev.rollcall.discovery.bench;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.HealthCheck;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.ServiceDefinition;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From the call of {@code register} until a listener in the same process is told of the instance.
 * Each join finds the watch at rest: changes that follow each other closely are paced.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1, time = 20)
@Measurement(iterations = 1, time = 120)
public class JoinBenchmark {

  /** Two changes' worth of the watch's pace, so that joining and leaving are both forgotten. */
  private static final Duration REST = Duration.ofMillis(1100);

  private final Discovery discovery = Discovery.connect(ConsulOptions.fromEnvironment());
  private final SynchronousQueue<Snapshot> told = new SynchronousQueue<>();
  private @Nullable Registration registration;

  /** Begins to watch. */
  @Setup
  public void watch() throws InterruptedException {
    discovery.watch(
        ServiceQuery.service("join"),
        snapshot -> {
          if (!snapshot.instances().isEmpty()) {
            tell(snapshot);
          }
        });
    Thread.sleep(REST.toMillis());
  }

  private void tell(Snapshot snapshot) {
    try {
      told.put(snapshot);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Registers and waits for the listener. */
  @Benchmark
  public Snapshot register() throws InterruptedException {
    registration =
        discovery.register(
            ServiceDefinition.named("join")
                .address("127.0.0.1")
                .port(8080)
                .check(HealthCheck.ttl(Duration.ofSeconds(10)))
                .build());
    Snapshot joined = told.poll(10, TimeUnit.SECONDS);
    if (joined == null) {
      throw new IllegalStateException("no listener was told within 10 s");
    }
    return joined;
  }

  /** Leaves and lets the watch come to rest. */
  @TearDown(Level.Invocation)
  public void leave() throws InterruptedException {
    if (registration != null) {
      registration.leave();
    }
    Thread.sleep(REST.toMillis());
  }

  /** Ends the connection. */
  @TearDown
  public void close() {
    discovery.close();
  }
}
