package dev.rollcall.measure.faults;

import com.google.gson.Gson;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What every part holds, at two times, and whether it grows. Memory and threads are compared under
 * the same load: after the warm-up and at the end. Sockets and descriptors are compared when quiet:
 * before the load and after it. A container that was started meanwhile is held against the most
 * that one of its service had at the start. Used by one thread.
 */
final class ResourceGrowth {
  /** Resident memory may be so much more, and so much besides: a Java heap that fills. */
  private static final int MEMORY_PERCENT = 25;

  private static final int MEMORY_MIB = 32;

  /** A pool of threads that has met its first crowd. */
  private static final int THREADS_PERCENT = 25;

  private static final int THREADS_MORE = 8;

  /** Connections that are kept to peers. */
  private static final int SOCKETS_MORE = 8;

  private static final int DESCRIPTORS_MORE = 8;

  /** Bytes a minute of each container, what it was asked to record left out. */
  private static final long LOG_LIMIT = 65_536;

  /** haproxy.cfg, five backups, and what was rejected and why. */
  private static final int FILES_KEPT = 12;

  /** The longest that an old worker or a dead instance stays. */
  private static final Duration QUIET_LIMIT = Duration.ofSeconds(90);

  private static final String HEAD =
      """
      | part | lived | memory, MiB | threads | sockets | descriptors | old workers | log, bytes a minute | verdict |
      |---|---|---:|---:|---:|---:|---:|---:|---|
      """;
  private static final String HEAD_KEPT =
      """

      | the system keeps | at start | at end | at most | verdict |
      |---|---:|---:|---:|---|
      """;

  /** When it is looked. */
  enum Stage {
    /** Before the load. */
    QUIET,
    /** Under the load, after the warm-up. */
    LOADED,
    /** Under the load, at the end. */
    LOADED_END,
    /** After the load, when all that will go has gone. */
    QUIET_END
  }

  /**
   * One container at one time.
   *
   * @param usage what its processes hold; null if it could not be looked into
   */
  record Part(String service, String id, String started, @Nullable ResourceUsage usage) {}

  private final SystemUnderTest system;
  private final Map<Stage, List<Part>> parts = new HashMap<>();
  private final Map<String, Long> logRates = new HashMap<>();
  private final Map<String, Integer> keptAtStart = new LinkedHashMap<>();
  private final Map<String, Integer> keptAtEnd = new LinkedHashMap<>();
  private Instant since = Instant.now();

  ResourceGrowth(SystemUnderTest system) {
    this.system = system;
  }

  /**
   * Notes what every part holds now, and at the end of the load what it said; all of it stands in
   * {@code usage.json}.
   */
  void note(Stage stage) {
    parts.put(stage, look());
    MeasurementRun.write(system.session().out().resolve("usage.json"), new Gson().toJson(parts));
    switch (stage) {
      case QUIET -> {
        keptAtStart.putAll(kept());
        since = Instant.now();
      }
      case LOADED_END -> Objects.requireNonNull(parts.get(stage)).forEach(this::noteLogRate);
      case QUIET_END -> keptAtEnd.putAll(kept());
      case LOADED -> {}
    }
  }

  /** Notes the end, once all that will go has gone. */
  void noteQuietEnd() {
    note(Stage.QUIET_END);
    Waiting.until(
        QUIET_LIMIT,
        Duration.ofSeconds(3),
        () -> {
          if (grows()) {
            note(Stage.QUIET_END);
          }
          return !grows();
        });
  }

  /** What Consul, lb-renderer and HAProxy have said, for whoever looks into a failure. */
  void keepLogs(Path file) {
    List<String> words =
        system.composeCommand(
            List.of(), "logs", "--no-color", "--timestamps", "consul", "lb-renderer", "haproxy");
    Process logs = system.commands().start(file, words);
    try {
      if (!logs.waitFor(3, TimeUnit.MINUTES)) {
        MeasurementRun.warn("  their logs could not be had");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      logs.destroy();
    }
  }

  boolean grows() {
    return rows().stream().anyMatch(row -> !row.verdict.isEmpty()) || keptGrows();
  }

  /** Both tables. */
  String tables() {
    StringBuilder text = new StringBuilder(HEAD);
    rows().forEach(row -> text.append(row.markdown()).append('\n'));
    text.append(HEAD_KEPT);
    keptAtStart.forEach(
        (name, start) -> {
          int end = keptAtEnd.getOrDefault(name, 0);
          int most = mostKept(name);
          text.append(
              "| %s | %d | %d | %d | %s |%n"
                  .formatted(name, start, end, most, end > most ? "**grows**" : "steady"));
        });
    return text.toString();
  }

  /** One part's row: its cells, and what has grown, in words; empty if nothing has. */
  record Row(List<String> cells, String verdict) {
    String markdown() {
      return "| %s | %s |"
          .formatted(
              String.join(" | ", cells), verdict.isEmpty() ? "steady" : "**grows**: " + verdict);
    }
  }

  List<Row> rows() {
    return rows(parts, logRates);
  }

  /** The rule, applied to what was noted. */
  static List<Row> rows(Map<Stage, List<Part>> parts, Map<String, Long> logRates) {
    List<Row> rows = new ArrayList<>();
    for (Part end : parts.getOrDefault(Stage.QUIET_END, List.of())) {
      Comparison comparison = new Comparison(parts, end);
      boolean allAlong =
          find(parts, Stage.LOADED, end)
              .filter(part -> part.started.equals(end.started))
              .isPresent();
      List<String> cells = new ArrayList<>();
      cells.add(end.service + (end.service.equals("web-node") ? " " + end.id : ""));
      cells.add(allAlong ? "all along" : "started meanwhile");
      ResourceUsage last = find(parts, Stage.LOADED_END, end).map(Part::usage).orElse(null);
      boolean blind =
          parts.values().stream()
              .flatMap(List::stream)
              .anyMatch(part -> part.id.equals(end.id) && part.usage == null);
      if (last == null || blind) {
        comparison.findings.add("could not be looked into");
      }
      cells.add(
          comparison.cell(
              "memory", Stage.LOADED, last, ResourceUsage::memoryMiB, MEMORY_PERCENT, MEMORY_MIB));
      cells.add(
          comparison.cell(
              "threads",
              Stage.LOADED,
              last,
              ResourceUsage::threads,
              THREADS_PERCENT,
              THREADS_MORE));
      cells.add(
          comparison.cell(
              "sockets", Stage.QUIET, end.usage, ResourceUsage::sockets, 0, SOCKETS_MORE));
      cells.add(
          comparison.cell(
              "descriptors",
              Stage.QUIET,
              end.usage,
              ResourceUsage::descriptors,
              0,
              DESCRIPTORS_MORE));
      long workers =
          end.usage == null || !end.service.equals("haproxy") ? 0 : end.usage.workers() - 1L;
      cells.add(end.service.equals("haproxy") ? Long.toString(workers) : "-");
      if (workers > 0) {
        comparison.findings.add(workers + " old workers");
      }
      long rate = logRates.getOrDefault(end.id, 0L);
      cells.add(Long.toString(rate));
      if (rate > LOG_LIMIT) {
        comparison.findings.add("log %d bytes a minute, not %d".formatted(rate, LOG_LIMIT));
      }
      rows.add(new Row(cells, String.join("; ", comparison.findings)));
    }
    return rows;
  }

  private static Optional<Part> find(Map<Stage, List<Part>> parts, Stage stage, Part like) {
    return parts.getOrDefault(stage, List.of()).stream()
        .filter(part -> part.id.equals(like.id))
        .findFirst();
  }

  private static final class Comparison {
    private final Map<Stage, List<Part>> parts;
    private final Part end;
    private final List<String> findings = new ArrayList<>();

    Comparison(Map<Stage, List<Part>> parts, Part end) {
      this.parts = parts;
      this.end = end;
    }

    String cell(
        String name,
        Stage start,
        @Nullable ResourceUsage now,
        ToLongFunction<ResourceUsage> what,
        int percent,
        int more) {
      long before = before(start, what);
      long after = now == null ? 0 : what.applyAsLong(now);
      long most = before * (100 + percent) / 100 + more;
      if (after > most) {
        findings.add("%s %d, not %d".formatted(name, after, most));
      }
      return before + " → " + after;
    }

    /** What this part held at the start: the same container since, or the most of its service. */
    private long before(Stage stage, ToLongFunction<ResourceUsage> what) {
      long most = 0;
      for (Part part : parts.getOrDefault(stage, List.of())) {
        if (part.usage == null || !part.service.equals(end.service)) {
          continue;
        }
        long held = what.applyAsLong(part.usage);
        if (part.id.equals(end.id) && part.started.equals(end.started)) {
          return held;
        }
        most = Math.max(most, held);
      }
      return most;
    }
  }

  private boolean keptGrows() {
    return keptAtEnd.entrySet().stream()
        .anyMatch(entry -> entry.getValue() > mostKept(entry.getKey()));
  }

  /** The start's figure, and for files those that lb-renderer may have besides. */
  private int mostKept(String name) {
    return name.startsWith("files") ? FILES_KEPT : keptAtStart.getOrDefault(name, 0);
  }

  private Map<String, Integer> kept() {
    Map<String, Integer> kept = new LinkedHashMap<>();
    kept.put("servers in HAProxy", system.servers().size());
    kept.put(
        "instances in Consul",
        SystemUnderTest.instances(system.consulAnswer("/v1/health/service/web")));
    kept.put(
        "files beside the configuration",
        (int)
            system
                .output("exec", "-T", "lb-renderer", "ls", "-A", "/etc/rollcall")
                .lines()
                .count());
    return kept;
  }

  /** The containers of the system that run, by service. */
  private List<Part> look() {
    List<Part> found = new ArrayList<>();
    for (String id : system.running("oneoff=False")) {
      String[] words =
          system
              .inspect(
                  id,
                  "{{index .Config.Labels \"com.docker.compose.service\"}} {{.State.StartedAt}}")
              .split(" ", 2);
      if (words.length == 2) {
        ResourceUsage usage =
            ResourceUsage.parse(
                system
                    .commands()
                    .within(Duration.ofSeconds(20))
                    .call(List.of("docker", "exec", id, "sh", "-c", ResourceUsage.COMMAND))
                    .out());
        found.add(new Part(words[0], id.substring(0, 12), words[1], usage));
      }
    }
    found.sort(Comparator.comparing(Part::service));
    return found;
  }

  /**
   * Bytes of log a minute since the start, or since its own. What a node of trials writes of each
   * request is left out. A log that was rotated away is not counted, but that needs 30 MiB.
   */
  private void noteLogRate(Part part) {
    String command = "docker logs --since %d %s 2>&1".formatted(since.getEpochSecond(), part.id);
    long bytes =
        system
            .commands()
            .call(List.of("sh", "-c", command))
            .out()
            .lines()
            .filter(line -> !line.contains(" delivered "))
            .mapToLong(line -> line.getBytes(StandardCharsets.UTF_8).length + 1L)
            .sum();
    Instant started = Instant.parse(part.started);
    Instant from = started.isAfter(since) ? started : since;
    long seconds = Math.max(60, Duration.between(from, Instant.now()).toSeconds());
    logRates.put(part.id, bytes * 60 / seconds);
  }
}
