package dev.rollcall.measure.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** What discovery-core costs those who embed it. */
final class LibraryBenchmarks {
  private static final String PACKAGE = "dev.rollcall.discovery.bench.";

  private LibraryBenchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        new Benchmark(
            "library",
            "discovery-core's own costs, by JMH: an answer read anew, again and after a change, a"
                + " round of a watch, a join until a listener knows",
            LibraryBenchmarks::library),
        new Benchmark(
            "idle",
            "200 watches in which nothing happens and 50 beats a second, for a minute"
                + " (IDLE_SECONDS, BASE_JAR)",
            LibraryBenchmarks::idle),
        new Benchmark(
            "crowd",
            "1,000 registrations and 200 watches in one process on one agent for 5 minutes"
                + " (CROWD_MINUTES)",
            run -> program(run, "Crowd", MeasurementRun.environment("CROWD_MINUTES", "5"))));
  }

  private static void library(BenchmarkRun run) throws IOException {
    Path json = run.out("library.json");
    Path log = run.out("library.log");
    MeasurementRun.say("  how far JMH is: tail -f %s", log);
    List<String> words =
        new ArrayList<>(
            List.of(
                "org.openjdk.jmh.Main",
                "dev\\.rollcall\\.",
                "-prof",
                "gc",
                "-foe",
                "true",
                "-rf",
                "json",
                "-rff",
                json.toString()));
    if (BenchmarkRun.quick()) {
      // One fork, and seconds instead of what the benchmarks' annotations say.
      words.addAll(List.of("-f", "1", "-wi", "1", "-w", "2", "-i", "2", "-r", "3"));
    }
    measure(run, Redirect.to(log.toFile()), words);
    run.measured(
        jmhFigures(
            run.benchmark(), JsonParser.parseString(Files.readString(json)).getAsJsonArray()));
  }

  /** Both builds in turn, if there are two; the median of three turns then. */
  private static void idle(BenchmarkRun run) throws IOException {
    String length = Integer.toString(BenchmarkRun.rounds("IDLE_SECONDS", 60, 5));
    if (BalancerBenchmarks.baseJar().isEmpty()) {
      program(run, "Idle", length);
      return;
    }
    List<String> builds = List.of(BalancerBenchmarks.OURS, BalancerBenchmarks.BEFORE);
    Map<String, Samples> byUnit = new LinkedHashMap<>();
    Samples all = new Samples();
    for (int turn = 1; turn <= BenchmarkRun.rounds(3, 1); turn++) {
      for (String build : builds) {
        MeasurementRun.say("  turn %d: %s", turn, build);
        Path tsv = run.out("idle-%d-%s.tsv".formatted(turn, build.replace(' ', '-')));
        measure(
            run, build, Redirect.to(tsv.toFile()), List.of("-Xmx512m", PACKAGE + "Idle", length));
        for (String[] line : Samples.lines(tsv)) {
          String name = "%s, %s".formatted(line[0], build);
          all.add(name, Double.parseDouble(line[1]));
          byUnit
              .computeIfAbsent(line[2], ignored -> new Samples())
              .add(name, Double.parseDouble(line[1]));
        }
      }
    }
    for (String what : List.of("CPU", "allocated")) {
      all.ratio(
              run.benchmark(),
              "%s: %s by %s".formatted(what, builds.get(0), builds.get(1)),
              true,
              what + ", " + builds.get(0),
              what + ", " + builds.get(1))
          .ifPresent(run::compared);
    }
    byUnit.forEach(
        (unit, samples) -> run.measured(samples.medians(run.benchmark(), unit, name -> true)));
    run.note("the build before is the discovery-core in another lb-renderer.jar (BASE_JAR)");
  }

  /** Idle and Crowd print figures: lines of name, value and unit. */
  private static void program(BenchmarkRun run, String name, String length) throws IOException {
    Path tsv = run.out(name.toLowerCase(Locale.ROOT) + ".tsv");
    measure(run, Redirect.to(tsv.toFile()), List.of("-Xmx512m", PACKAGE + name, length));
    Samples.lines(tsv).forEach(line -> run.measured(line[0], line[1], line[2]));
  }

  private static void measure(BenchmarkRun run, Redirect output, List<String> words)
      throws IOException {
    measure(run, BalancerBenchmarks.OURS, output, words);
  }

  private static void measure(BenchmarkRun run, String build, Redirect output, List<String> words)
      throws IOException {
    run.prepare(Map.of(), "library");
    BenchmarkRun.Consul consul = run.consulOnLoopback();
    String classpath = run.session().fact("LIBRARY_CLASSPATH");
    if (build.equals(BalancerBenchmarks.BEFORE)) {
      String classes = run.session().root().resolve("discovery-core/target/classes").toString();
      classpath = classpath.replace(":" + classes + ":", ":" + BalancerBenchmarks.baseJar() + ":");
    }
    List<String> all = new ArrayList<>(List.of("-cp", classpath));
    all.addAll(words);
    run.java(consul, output, all);
    run.remove(consul.container());
  }

  /** JMH's results as figures: allocation, medians and tails. */
  static List<Figure> jmhFigures(String benchmark, JsonArray results) {
    List<Figure> figures = new ArrayList<>();
    for (JsonElement element : results) {
      JsonObject result = element.getAsJsonObject();
      String name = name(result);
      JsonObject secondary = result.getAsJsonObject("secondaryMetrics");
      secondary.keySet().stream()
          .filter(metric -> metric.endsWith("gc.alloc.rate.norm"))
          .forEach(
              metric ->
                  figures.add(
                      figure(
                          benchmark,
                          name + ", allocated",
                          secondary.getAsJsonObject(metric).get("score").getAsDouble() / 1024,
                          "KiB")));
      JsonObject primary = result.getAsJsonObject("primaryMetric");
      JsonObject percentiles = primary.getAsJsonObject("scorePercentiles");
      String unit =
          primary.get("scoreUnit").getAsString().replace("/op", "").replaceFirst("us$", "µs");
      figures.add(
          figure(benchmark, name + ", median", percentiles.get("50.0").getAsDouble(), unit));
      figures.add(figure(benchmark, name + ", p99", percentiles.get("99.0").getAsDouble(), unit));
    }
    return figures;
  }

  private static Figure figure(String benchmark, String name, double value, String unit) {
    return Figure.once(
        benchmark, name, String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value), unit);
  }

  /** {@code …ChangedAnswerBenchmark.read} with a size of 10: {@code changed answer of 10}. */
  private static String name(JsonObject result) {
    String type =
        Stream.of(result.get("benchmark").getAsString().split("\\.", -1))
            .filter(part -> part.endsWith("Benchmark"))
            .findFirst()
            .orElseThrow();
    String words =
        type.replaceFirst("Benchmark$", "")
            .replaceAll("(?<=.)([A-Z])", " $1")
            .toLowerCase(Locale.ROOT);
    if (!result.has("params")) {
      return words;
    }
    JsonObject parameters = result.getAsJsonObject("params");
    String size = parameters.keySet().iterator().next();
    return words + " of " + parameters.get(size).getAsString();
  }
}
