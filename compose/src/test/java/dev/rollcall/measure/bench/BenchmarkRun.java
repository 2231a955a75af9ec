package dev.rollcall.measure.bench;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the benchmarks of one run share: its parts, and where figures go. A container that is
 * started here carries a label of this run, and is gone at its end. Used by one thread.
 */
final class BenchmarkRun {
  private static final String LABEL = "dev.rollcall.bench=" + ProcessHandle.current().pid();
  private static final Duration LONGEST = Duration.ofHours(3);
  private static final boolean QUICK = !MeasurementRun.environment("BENCH_QUICK", "").isEmpty();

  private final MeasurementRun session;
  private final HttpProbe probe = HttpProbe.within(Duration.ofSeconds(2));
  private final List<Figure> figures = new ArrayList<>();
  private final List<Ratio> ratios = new ArrayList<>();
  private final Map<String, List<String>> notes = new HashMap<>();
  private final Set<String> prepared = new HashSet<>();

  /** For what the measuring programs leave; it goes at the end. */
  private final Path temporary;

  private String benchmark = "";

  BenchmarkRun(MeasurementRun session) throws IOException {
    this.session = session;
    temporary = Files.createTempDirectory("rollcall-bench");
    session.atEnd(() -> session.commands().run("rm", "-rf", temporary.toString()));
    session.atEnd(this::removeContainers);
  }

  /** Figures and notes belong to this benchmark from now on. */
  void begin(String name) {
    benchmark = name;
  }

  /** What was started here and is still there. */
  void removeContainers() {
    List<String> ids =
        session
            .commands()
            .call(List.of("docker", "ps", "-aq", "--filter", "label=" + LABEL))
            .lines();
    if (!ids.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("docker", "rm", "-fv"));
      words.addAll(ids);
      session.commands().run(words);
    }
  }

  MeasurementRun session() {
    return session;
  }

  CommandRunner commands() {
    return session.commands();
  }

  Path out() {
    return session.out();
  }

  /** A file of raw figures. */
  Path out(String name) {
    return session.out().resolve(name);
  }

  /** Fewer and shorter rounds: to try whether a benchmark works. */
  static boolean quick() {
    return QUICK;
  }

  /** How often, or how long. */
  static int rounds(int full, int quick) {
    return QUICK ? quick : full;
  }

  /** The same, unless the variable says otherwise. */
  static int rounds(String variable, int full, int quick) {
    return Integer.parseInt(
        MeasurementRun.environment(variable, Integer.toString(rounds(full, quick))));
  }

  /** Sees to what is needed, once a run; see {@link MeasurementRun#prepare}. */
  void prepare(Map<String, String> environment, String... needs) {
    List<String> missing = new ArrayList<>(List.of(needs));
    missing.removeAll(prepared);
    if (!missing.isEmpty()) {
      session.prepare(environment, missing);
      prepared.addAll(missing);
    }
  }

  /**
   * Does once a run what several benchmarks use. What has failed is done again for the next one.
   */
  void once(String what, Benchmark.Action action) throws Exception {
    if (!prepared.contains(what)) {
      action.run(this);
      prepared.add(what);
    }
  }

  // Figures

  String benchmark() {
    return benchmark;
  }

  void measured(List<Figure> more) {
    figures.addAll(more);
  }

  void measured(String name, String value, String unit) {
    figures.add(Figure.once(benchmark, name, value, unit));
  }

  /** A figure, and with its samples what later runs are compared with. */
  void compared(Ratio ratio) {
    figures.add(ratio.figure());
    ratios.add(ratio);
  }

  /** What a reader of the figures must know. */
  void note(String words) {
    notes.computeIfAbsent(benchmark, ignored -> new ArrayList<>()).add(words);
    MeasurementRun.say("  note: %s", words);
  }

  /** What can't be had here is not measured, and this is told. */
  void leftOut(String what, String why) {
    note("left out: " + what + ", as " + why);
  }

  List<Figure> figures() {
    return List.copyOf(figures);
  }

  List<Ratio> ratios() {
    return List.copyOf(ratios);
  }

  List<String> notes(String name) {
    return notes.getOrDefault(name, List.of());
  }

  // Containers and programs

  /** The beginning of a {@code docker run} in the background. */
  static List<String> dockerRun(String... words) {
    List<String> all = new ArrayList<>(List.of("docker", "run", "-d", "--label", LABEL));
    all.addAll(List.of(words));
    return all;
  }

  /** Starts a container; returns its id. */
  String start(List<String> dockerRun) {
    return commands().readOrFail(dockerRun.toArray(String[]::new));
  }

  void remove(String container) {
    commands().run("docker", "rm", "-fv", container);
  }

  /** A Consul of its own: its container, and where its API is. */
  record Consul(String container, String address) {}

  /** In development mode, on a free port of loopback. */
  Consul consulOnLoopback() {
    String container =
        start(
            dockerRun(
                "-p",
                "127.0.0.1::8500",
                session.fact("CONSUL_IMAGE"),
                "agent",
                "-dev",
                "-client",
                "0.0.0.0",
                "-log-level",
                "warn"));
    String port = commands().readOrFail("docker", "port", container, "8500/tcp");
    return awaitLeader(
        new Consul(
            container,
            "http://127.0.0.1:" + port.lines().findFirst().orElse("").replaceFirst(".*:", "")));
  }

  /**
   * One whose API and DNS are reached at its own address, through no forwarded port. It keeps its
   * data on disk: in development mode it words its answers with blanks, twice as long and three
   * times as slow. Over UDP its DNS says what does not fit in, so that clients ask over TCP; else
   * it gives three instances by chance.
   */
  Consul consulOnBridge(String image) {
    return startConsul(
        image,
        "-server",
        "-bootstrap-expect",
        "1",
        "-bind",
        "127.0.0.1",
        "-hcl",
        "dns_config { enable_truncate = true }");
  }

  /** The same with other flags of {@code consul agent}; returns when it knows a leader. */
  Consul startConsul(String image, String... flags) {
    List<String> words = dockerRun(image, "agent");
    words.addAll(List.of(flags));
    words.addAll(List.of("-data-dir", "/consul/data", "-client", "0.0.0.0", "-log-level", "warn"));
    String container = start(words);
    String address =
        commands()
            .readOrFail("docker", "inspect", "-f", "{{.NetworkSettings.IPAddress}}", container);
    return awaitLeader(new Consul(container, "http://" + address + ":8500"));
  }

  private Consul awaitLeader(Consul consul) {
    if (!Waiting.until(
        60, () -> probe.body(consul.address + "/v1/status/leader").orElse("").contains(":"))) {
      throw new ExitException(
          ExitException.FAILED,
          "Consul in %s elects no leader within 60 s".formatted(consul.container));
    }
    return consul;
  }

  /** Seconds of processor time of a container, all its processes. */
  double cpuSeconds(String container) {
    String usage =
        commands()
            .readOrFail(
                "docker",
                "exec",
                container,
                "sh",
                "-c",
                "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || cat /sys/fs/cgroup/cpu.stat");
    Matcher unified = Pattern.compile("usage_usec (\\d+)").matcher(usage);
    return unified.find()
        ? Long.parseLong(unified.group(1)) / 1e6
        : Long.parseLong(usage.strip()) / 1e9;
  }

  /**
   * A Java program against that Consul; its standard output goes to a file, what it tells besides
   * to the terminal. Another exit code than 0 is an error.
   */
  void java(Consul consul, Redirect output, List<String> arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of(java(), "-Djava.io.tmpdir=" + temporary));
    words.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(session.root().toFile())
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(output)
            .redirectError(Redirect.INHERIT);
    builder.environment().putAll(commands().environment());
    builder.environment().put("CONSUL_HTTP_ADDR", consul.address);
    builder.environment().put("BENCH_LABEL", LABEL);
    builder.environment().put("TMPDIR", temporary.toString());
    Process process = builder.start();
    try {
      if (!process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new ExitException(
            ExitException.FAILED, "failed: " + arguments.get(arguments.size() - 1));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      process.destroy();
    }
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
