package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.bench.ConsulAtHand;
import dev.rollcall.discovery.internal.api.CatalogApi.BlockingQuery;
import dev.rollcall.discovery.internal.api.CatalogApi.QueryResult;
import dev.rollcall.discovery.internal.api.Result;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One round of a watch in which nothing has changed, as at the end of a blocking query: asked over
 * a connection that is open, answered in full by a real Consul, read and compared. The wait itself
 * is left out: the query names no index, so Consul answers at once.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PollBenchmark {

  /** How many instances the service has. */
  @Param({"10", "1000", "5000"})
  public int instances;

  private final ConsulAtHand consul = new ConsulAtHand();
  private final EcwidConsul client = new EcwidConsul(ConsulOptions.fromEnvironment(), 1);
  private final BlockingQuery<Snapshot> blockingQuery =
      client.instances(ServiceQuery.service("poll"));
  private @Nullable Snapshot known;

  /** Fills the catalog. */
  @Setup
  public void fill() {
    consul.fill("poll", instances);
    Snapshot read = ask();
    if (read.instances().size() != instances) {
      throw new IllegalStateException(read.instances().size() + " instances are there");
    }
    known = read;
  }

  /** Leaves Consul as it was. */
  @TearDown
  public void empty() {
    blockingQuery.close();
    client.close();
    consul.empty("poll", instances);
  }

  /** Asks, reads and finds what is known already. */
  @Benchmark
  public boolean askReadAndCompare() {
    return ask().equals(known);
  }

  private Snapshot ask() {
    Result<QueryResult<Snapshot>> answer = blockingQuery.run(OptionalLong.empty());
    if (answer instanceof Result.Ok<QueryResult<Snapshot>> ok) {
      return ok.value().found();
    }
    throw new IllegalStateException(answer.toString());
  }
}
