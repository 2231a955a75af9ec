package dev.rollcall.measure.bench;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One thing that can be measured.
 *
 * @param name what it is called on the command line
 * @param words what is measured
 * @param action measures it, and gives its figures to the run
 */
record Benchmark(String name, String words, Action action) {

  /** What a benchmark does; whatever it throws, the others are measured. */
  @FunctionalInterface
  interface Action {
    void run(BenchmarkRun run) throws Exception;
  }

  /** All benchmarks, in the order in which they are run. */
  static List<Benchmark> all() {
    return Stream.of(BalancerBenchmarks.all(), LibraryBenchmarks.all(), WebBenchmark.all())
        .flatMap(List::stream)
        .toList();
  }

  static Optional<Benchmark> named(String name) {
    return all().stream().filter(benchmark -> benchmark.name.equals(name)).findFirst();
  }
}
