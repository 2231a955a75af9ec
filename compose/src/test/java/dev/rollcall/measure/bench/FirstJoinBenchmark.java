package dev.rollcall.measure.bench;

import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The first join after a calm, of lb-renderer's image with the archive of its classes. */
final class FirstJoinBenchmark {
  private static final String OURS = BalancerBenchmarks.OURS;
  private static final String BEFORE = BalancerBenchmarks.BEFORE;
  private static final String JAR = ", its jar";

  private final BenchmarkRun run;

  FirstJoinBenchmark(BenchmarkRun run) {
    this.run = run;
  }

  void measure() throws Exception {
    new StartBenchmark(run).images();
    int calm = BenchmarkRun.rounds("CALM_SECONDS", 600, 30);
    int each = BenchmarkRun.rounds("FIRST_EACH", 10, 2);
    int builds =
        1
            + (WebBenchmark.before("lb-renderer").isEmpty() ? 0 : 1)
            + (BalancerBenchmarks.baseJar().isEmpty() ? 0 : 2);
    MeasurementRun.say(
        "  takes some %d minutes", Math.round((calm + builds * each * 3 + 90) / 60.0));
    Path tsv = run.out("first-join.tsv");
    Files.writeString(tsv, "");
    BalancerBenchmarks.measure(run, tsv, "FirstJoin", each, calm, BenchmarkRun.rounds(20, 4));
    report(tsv, calm);
  }

  private void report(Path tsv, int calm) throws IOException {
    BalancerBenchmarks.noteBuilds(run);
    run.note(
        "Rollcall and the build before are containers of the images, as compose starts them; their"
            + " jars run on this machine's Java. All pass the same calm, each with a HAProxy and a pool"
            + " of 10 of its own; who joins and who asks is warm, as is Consul");
    Samples samples = Samples.read(tsv, "first", "");
    String what = "first join after %d s".formatted(calm);
    BalancerBenchmarks.compare(run.benchmark(), what, samples, "").forEach(run::compared);
    samples
        .ratio(
            run.benchmark(),
            "%s: %s by that of %s".formatted(what, OURS + JAR, BEFORE),
            true,
            OURS + JAR,
            BEFORE + JAR)
        .ifPresent(run::compared);
    run.measured(BalancerBenchmarks.tails(run.benchmark(), what, samples, ""));
    run.measured(samples.distributions(run.benchmark(), "ms"));
  }
}
