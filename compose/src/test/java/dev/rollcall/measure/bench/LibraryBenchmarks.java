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
                + " (IDLE_SECONDS)",
            run -> program(run, "Idle", MeasurementRun.environment("IDLE_SECONDS", "60"))),
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

  /** Idle and Crowd print figures: lines of name, value and unit. */
  private static void program(BenchmarkRun run, String name, String length) throws IOException {
    Path tsv = run.out(name.toLowerCase(Locale.ROOT) + ".tsv");
    measure(run, Redirect.to(tsv.toFile()), List.of("-Xmx512m", PACKAGE + name, length));
    Samples.lines(tsv).forEach(line -> run.measured(line[0], line[1], line[2]));
  }

  private static void measure(BenchmarkRun run, Redirect output, List<String> words)
      throws IOException {
    run.prepare(Map.of(), "library");
    BenchmarkRun.Consul consul = run.consulOnLoopback();
    List<String> all = new ArrayList<>(List.of("-cp", run.session().fact("LIBRARY_CLASSPATH")));
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
