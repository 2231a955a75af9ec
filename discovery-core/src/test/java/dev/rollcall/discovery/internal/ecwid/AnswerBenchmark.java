package dev.rollcall.discovery.internal.ecwid;

import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.bench.ConsulAtHand;
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

/** An answer in which nothing has changed: read, sorted and compared. No network is in it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class AnswerBenchmark {

  /** How many instances the service has. */
  @Param({"10", "1000", "5000"})
  public int instances;

  private final ConsulAtHand consul = new ConsulAtHand();
  private final Question<Snapshot> question =
      new Question.Instances(ServiceQuery.service("answer"));
  private String answer = "";
  private @Nullable Snapshot known;

  /** Has Consul word the answer. */
  @Setup
  public void ask() {
    consul.fill("answer", instances);
    answer = consul.instancesOf("answer");
    Snapshot read = read();
    if (read.instances().size() != instances) {
      throw new IllegalStateException(read.instances().size() + " instances are there");
    }
    known = read;
  }

  /** Leaves Consul as it was. */
  @TearDown
  public void forget() {
    consul.empty("answer", instances);
  }

  /** Reads an answer and finds it equal to what is known. */
  @Benchmark
  public boolean readAndCompare() {
    return read().equals(known);
  }

  private Snapshot read() {
    return question.read(answer, 1).found();
  }
}
