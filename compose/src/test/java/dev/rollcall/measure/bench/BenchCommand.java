package dev.rollcall.measure.bench;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code compose/measure/bench}: runs benchmarks, and writes, compares and publishes figures. */
@Command(name = "bench", sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  @Option(names = "--list")
  private boolean list;

  /** Of {@code --compare}: a ratio is worse. */
  static final int WORSE = 6;

  /** Of {@code --compare}: the two runs have no ratio in common. */
  static final int NOTHING_TO_JUDGE = 3;

  /** Of {@code --compare} without a file. */
  private static final String PUBLISHED = "docs/explanation/performance.json";

  @Option(names = "--out")
  private Path out = Path.of(MeasurementRun.environment("ROOT"), "compose/target/bench");

  @Option(names = "--compare", arity = "0..1", fallbackValue = "")
  private @Nullable String compare;

  @Option(names = "--publish")
  private boolean publish;

  @Option(names = "--no-run")
  private boolean noRun;

  @Parameters private List<String> names = List.of();

  /** Runs the command line, and exits. */
  public static void main(String[] arguments) {
    System.exit(MeasurementRun.execute(new BenchCommand(), arguments));
  }

  @Override
  public Integer call() throws IOException {
    if (list) {
      Benchmark.all()
          .forEach(
              benchmark -> MeasurementRun.say("%-10s %s", benchmark.name(), benchmark.words()));
      return 0;
    }
    List<Benchmark> benchmarks =
        names.isEmpty() ? Benchmark.all() : names.stream().map(BenchCommand::benchmark).toList();
    Path earlier = earlier();
    Results before = earlier == null ? null : read(earlier); // this run may write over it
    Path json = out.resolve("results.json");
    List<String> failed = List.of();
    // Who compares without a name wants to know of the last run.
    if (!noRun && (before == null || !names.isEmpty())) {
      failed = measure(benchmarks);
    } else if (before == null && !publish) {
      throw usage("--no-run: say --compare or --publish too");
    } else if (!Files.isReadable(json)) {
      throw usage(out + " has no results.json of an earlier run");
    }
    int code = before == null ? 0 : compare(read(json), before, String.valueOf(earlier));
    if (publish) {
      publish(out, root().resolve("docs/explanation/performance.md"));
      publishResults(json, root().resolve(PUBLISHED));
    }
    if (!failed.isEmpty()) {
      throw new ExitException(ExitException.FAILED, "failed: " + String.join(" ", failed));
    }
    return code;
  }

  private static Path root() {
    return Path.of(MeasurementRun.environment("ROOT"));
  }

  /** The results to compare with; null if none are wanted. */
  private @Nullable Path earlier() {
    if (compare == null) {
      return null;
    }
    if (!compare.isEmpty()) {
      return Path.of(compare);
    }
    Path published = root().resolve(PUBLISHED);
    if (!Files.isReadable(published)) {
      throw usage(
          "no %s, which --publish writes; name a results.json after --compare"
              .formatted(PUBLISHED));
    }
    return published;
  }

  /** Tells what has changed; returns the exit code. */
  static int compare(Results now, Results before, String earlier) {
    MeasurementRun.say("Commit %s since commit %s (%s):", now.commit(), before.commit(), earlier);
    if (!now.machine().equals(before.machine())) {
      MeasurementRun.say("  on other machines: %s, before %s", now.machine(), before.machine());
    }
    now.movedSince(before).forEach(line -> MeasurementRun.say("%s", line));
    Results.Comparison ratios = now.comparedWith(before);
    ratios.lines().forEach(line -> MeasurementRun.say("%s", line));
    if (ratios.judged() == 0) {
      MeasurementRun.warn(
          "%s: no ratio with %d rounds is in both results, so nothing could be judged",
          MeasurementRun.environment("SCRIPT", "compose/measure/bench"), Ratio.FEWEST_ROUNDS);
      return NOTHING_TO_JUDGE;
    }
    return ratios.worse() > 0 ? WORSE : 0;
  }

  /** Benchmarks that this run did not measure keep what was published of them. */
  static void publishResults(Path json, Path published) throws IOException {
    Results results = Results.read(json);
    if (Files.exists(published)) {
      results = Results.read(published).renewedBy(results);
    }
    results.write(published);
  }

  private static Benchmark benchmark(String name) {
    return Benchmark.named(name)
        .orElseThrow(
            () ->
                usage(
                    "no benchmark is called '%s'; see %s --list"
                        .formatted(name, MeasurementRun.environment("SCRIPT"))));
  }

  private static ExitException usage(String message) {
    return new ExitException(ExitException.USAGE, message);
  }

  private static Results read(Path file) {
    try {
      return Results.read(file);
    } catch (IOException e) {
      throw usage(file + " is no results.json of " + MeasurementRun.environment("SCRIPT"));
    }
  }

  /** Runs one after the other; returns the names of those that failed. */
  private List<String> measure(List<Benchmark> benchmarks) throws IOException {
    List<String> failed = new ArrayList<>();
    try (MeasurementRun session = new MeasurementRun(out)) {
      session.prepare(Map.of(), List.of("images"));
      session.lock("bench");
      BenchmarkRun run = new BenchmarkRun(session);
      String commit = Machine.commit(session.commands());
      Results kept = kept(run.out("results.json"), commit);
      String machine = "Machine: %s. %s.%n".formatted(Machine.description(), versions(session));
      Files.writeString(run.out("machine.md"), machine);
      for (Benchmark benchmark : benchmarks) {
        Files.deleteIfExists(run.out(benchmark.name() + ".md"));
        Files.deleteIfExists(run.out(benchmark.name() + ".svg"));
      }
      int done = 0;
      for (Benchmark benchmark : benchmarks) {
        String load = Machine.loadAverage();
        MeasurementRun.say(
            "== %s (%d of %d, %s, load average %s)",
            benchmark.name(),
            ++done,
            benchmarks.size(),
            LocalTime.now(ZoneId.systemDefault()).format(DateTimeFormatter.ofPattern("HH:mm:ss")),
            load);
        run.begin(benchmark.name());
        try {
          benchmark.action().run(run);
        } catch (Exception e) {
          if (Thread.currentThread().isInterrupted()) {
            throw new IllegalStateException("interrupted", e);
          }
          if (!String.valueOf(e.getMessage()).isEmpty()) {
            MeasurementRun.warn("  %s: %s", benchmark.name(), e);
          }
          failed.add(benchmark.name());
        }
        // After every one of them, so that a run which is broken off leaves what it has.
        writeTable(run, benchmark.name(), commit, load);
        writeAll(run, benchmarks, machine, commit, kept);
      }
      MeasurementRun.say("%s", Files.readString(run.out("results.md")).strip());
      MeasurementRun.say("Figures: %s and results.json", run.out("results.md"));
      if (failed.isEmpty()) {
        session.succeeded();
      }
    }
    return failed;
  }

  /** Of earlier runs of the same commit on the same machine, as one call need not measure all. */
  private static @Nullable Results kept(Path json, String commit) {
    try {
      Results earlier = Results.read(json);
      return earlier.areOf(commit, Machine.description()) ? earlier : null;
    } catch (IOException e) {
      return null; // none yet
    }
  }

  private static void writeTable(BenchmarkRun run, String name, String commit, String load)
      throws IOException {
    List<Figure> figures =
        run.figures().stream().filter(figure -> figure.benchmark().equals(name)).toList();
    if (figures.isEmpty() && run.notes(name).isEmpty()) {
      return;
    }
    Files.writeString(
        run.out(name + ".md"),
        "%s%nBy \"%s%s %s\" at commit %s, load average before it %s.%n"
            .formatted(
                Results.markdown(figures, run.notes(name)),
                BenchmarkRun.quick() ? "BENCH_QUICK=yes " : "",
                MeasurementRun.environment("SCRIPT"),
                name,
                commit,
                load));
  }

  private static void writeAll(
      BenchmarkRun run,
      List<Benchmark> benchmarks,
      String machine,
      String commit,
      @Nullable Results kept)
      throws IOException {
    StringBuilder text = new StringBuilder(machine);
    for (Benchmark benchmark : benchmarks) {
      Path table = run.out(benchmark.name() + ".md");
      if (Files.exists(table)) {
        text.append("\n### ").append(benchmark.name()).append("\n\n");
        text.append(Files.readString(table));
      }
    }
    Files.writeString(run.out("results.md"), text);
    Results measured = new Results(Machine.description(), commit, run.figures(), run.ratios());
    (kept == null ? measured : kept.renewedBy(measured)).write(run.out("results.json"));
  }

  /** The programs in the figures, by version. */
  private static String versions(MeasurementRun session) {
    CommandRunner commands = session.commands();
    String haproxy =
        commands.read(
            "docker",
            "run",
            "--rm",
            "--entrypoint",
            "haproxy",
            session.fact("HAPROXY_IMAGE"),
            "-v");
    String consul =
        commands.read(
            "docker",
            "run",
            "--rm",
            "--entrypoint",
            "consul",
            session.fact("CONSUL_IMAGE"),
            "version");
    return "HAProxy %s, Consul %s, Java %s, Docker %s"
        .formatted(
            haproxy.replaceFirst("^HAProxy version ", "").split(" ", 2)[0],
            consul.replaceFirst("^Consul v", "").lines().findFirst().orElse(""),
            Runtime.version().toString().replaceFirst("\\+.*", ""),
            commands.read("docker", "version", "-f", "{{.Server.Version}}"));
  }

  /**
   * The tables go between {@code <!-- bench NAME -->} and {@code <!-- /bench -->} of the page, the
   * plots beside it.
   */
  static void publish(Path out, Path page) throws IOException {
    StringBuilder text = new StringBuilder();
    boolean replacing = false;
    for (String line : Files.readAllLines(page)) {
      if (line.equals("<!-- /bench -->")) {
        replacing = false;
      }
      if (!replacing) {
        text.append(line).append('\n');
      }
      if (line.matches("<!-- bench [a-z0-9-]+ -->")) {
        Path table = out.resolve(line.split(" ", 4)[2] + ".md");
        if (Files.exists(table)) {
          text.append(Files.readString(table));
          replacing = true;
        }
      }
    }
    Files.writeString(page, text);
    try (var plots = Files.newDirectoryStream(out, "*.svg")) {
      for (Path plot : plots) {
        Files.copy(
            plot,
            page.resolveSibling("performance-" + plot.getFileName()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    MeasurementRun.say("Published: %s", page);
  }
}
