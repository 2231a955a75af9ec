package dev.rollcall.measure.bench;

import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Measures in a composed system of its own, with the applications as they are checked out: web-node
 * against what it replaces, the web container of the 2015 demo, and both applications with and
 * without the archive of their classes. Used by one thread.
 */
abstract class WebBenchmark {
  /** The 2015 demo's container: Apache, PHP, a Consul agent and supervisord. */
  static final String DEMO = "2015";

  static final String ARCHIVE = "archive";
  static final String PLAIN = "plain";

  /** An image that takes turns with ours. */
  static final String BEFORE = "the build before";

  static final String TAG = "bench";
  private static final String ARCHIVE_LABEL = "dev.rollcall.archive-of";

  private static final List<String> APPLICATIONS = List.of("web-node", "lb-renderer");

  /** Until a container must be where it belongs. */
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private static final Duration POLL = Duration.ofMillis(20);
  private static final int IDLE_SECONDS = 3;

  final BenchmarkRun run;
  private final HttpProbe probe = HttpProbe.within(Duration.ofSeconds(1));
  final Map<String, String> environment = new HashMap<>();
  final String project = MeasurementRun.environment("COMPOSE_PROJECT_NAME", "rollcall") + "-bench";

  WebBenchmark(BenchmarkRun run) {
    this.run = run;
    environment.put("COMPOSE_PROJECT_NAME", project);
    environment.put("ROLLCALL_TAG", TAG);
    environment.put("HTTP_BIND", "127.0.0.1");
    environment.put("HTTP_PORT", MeasurementRun.environment("HTTP_PORT", "18080"));
    environment.put("STATS_PORT", MeasurementRun.environment("STATS_PORT", "18900"));
    environment.put("CONSUL_PORT", MeasurementRun.environment("CONSUL_PORT", "18500"));
    environment.put("STATUS_PORT", MeasurementRun.environment("STATUS_PORT", "18404"));
  }

  static List<Benchmark> all() {
    return List.of(
        new Benchmark(
            "start",
            "lb-renderer: process start until HAProxy serves the right pool, cold and after a crash,"
                + " with and without the archive (BASE_IMAGE)",
            run -> new StartBenchmark(run).inSystem(0)),
        new Benchmark(
            "node",
            "web-node: container start until in the pool, memory, image, rebuild; against Apache,"
                + " PHP and a Consul agent (BASE_NODE_IMAGE)",
            run -> new NodeBenchmark(run).inSystem(1)),
        LauncherBenchmark.benchmark(),
        WarmUpBenchmark.benchmark(),
        FirstLoadBenchmark.benchmark(),
        new Benchmark(
            "page",
            "web-node: requests per second and CPU second, p99, directly and through HAProxy;"
                + " against Apache and PHP",
            run -> {
              run.prepare(Map.of(), "wrk");
              if (run.session().fact("WRK").isEmpty()) {
                run.leftOut("every figure", "wrk (Debian: wrk) is not here");
              } else {
                new PageBenchmark(run).inSystem(0);
              }
            }));
  }

  /** Measures, while the system runs. */
  abstract void measure() throws IOException;

  /**
   * Consul, lb-renderer, HAProxy and so many nodes of compose.yml under a name of their own, with
   * the applications as they are checked out; taken away afterwards.
   */
  void inSystem(int nodes) throws Exception {
    images();
    Runnable takeAway = this::takeAway;
    run.session().atEnd(takeAway);
    try {
      run.session()
          .step(
              "start Consul, lb-renderer and HAProxy",
              () ->
                  commands()
                      .runOrFail(
                          compose(
                              "up",
                              "-d",
                              "--wait",
                              "--wait-timeout",
                              Long.toString(LIMIT.toSeconds()),
                              "--scale",
                              "web-node=" + nodes,
                              "--remove-orphans")));
      measure();
    } finally {
      run.session().cleanUp(takeAway);
    }
  }

  /** The applications as they are checked out, unless BENCH_NO_BUILD says that they are there. */
  void images() throws Exception {
    if (MeasurementRun.environment("BENCH_NO_BUILD", "").isEmpty()) {
      run.once("web images", this::buildImages);
      for (String name : APPLICATIONS) {
        if (!hasArchive(name)) {
          run.leftOut(name + " with an archive", "none could be made here");
        }
      }
    }
  }

  private void takeAway() {
    run.removeContainers(); // a network with containers in it stays
    if (!commands().run(compose("down", "--volumes", "--remove-orphans", "--timeout", "2"))) {
      MeasurementRun.warn("%s could not be taken away; see %s", project, run.session().log());
    }
  }

  /**
   * {@code rollcall/NAME:bench-plain}, and {@code rollcall/NAME:bench}, which has its archive where
   * one can be made.
   */
  private void buildImages(BenchmarkRun ignored) {
    run.prepare(environment, "build");
    for (String name : APPLICATIONS) {
      String image = "rollcall/" + name + ":" + TAG;
      commands().runOrFail(List.of("docker", "tag", image, image + "-plain"));
      run.session().step("archive of rollcall/" + name + "'s classes", () -> archive(name, TAG));
    }
  }

  boolean archive(String name, String tag) {
    return commands()
        .within(Duration.ofMinutes(10))
        .with(Map.of("ROLLCALL_TAG", tag))
        .run(run.session().compose().resolve("tools/archive").toString(), name);
  }

  boolean hasArchive(String name) {
    String label = "{{index .Config.Labels \"" + ARCHIVE_LABEL + "\"}}";
    return !commands()
        .read("docker", "image", "inspect", "-f", label, "rollcall/" + name + ":" + TAG)
        .isEmpty();
  }

  /** The image of lb-renderer or web-node that ours is compared with; empty if none is named. */
  static String before(String name) {
    return MeasurementRun.environment(
        name.equals("lb-renderer") ? "BASE_IMAGE" : "BASE_NODE_IMAGE", "");
  }

  /** Without and with an archive, and the one that ours is compared with. */
  List<String> kinds(String name) {
    List<String> kinds = new ArrayList<>(List.of(PLAIN));
    if (hasArchive(name)) {
      kinds.add(ARCHIVE);
    }
    if (!before(name).isEmpty()) {
      kinds.add(BEFORE);
      run.note(BEFORE + " is the image " + before(name));
    }
    return kinds;
  }

  /** The archive by what has none, and ours by the build before. */
  void ratios(Samples samples, String what, List<String> kinds) {
    if (kinds.contains(BEFORE)) {
      kinds.stream()
          .filter(kind -> kind.equals(PLAIN) || kind.equals(ARCHIVE))
          .forEach(kind -> ratio(samples, what + kind, what + BEFORE));
    }
    ratio(samples, what + ARCHIVE, what + PLAIN);
  }

  /** True if the 2015 demo's image can be had; told otherwise. */
  boolean hasDemo(String what) {
    run.prepare(Map.of(), "web-2015");
    if (run.session().fact("WEB_2015").isEmpty()) {
      run.leftOut(what, "Debian's packages can't be had");
      return false;
    }
    return true;
  }

  CommandRunner commands() {
    return run.commands().with(environment);
  }

  List<String> compose(String... words) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "docker",
                "compose",
                "--ansi",
                "never",
                "--progress",
                "plain",
                "-f",
                run.session().compose().resolve("compose.yml").toString()));
    all.addAll(List.of(words));
    return all;
  }

  /** A container beside the system, and where it serves. */
  record Node(String container, int port) {
    String name() {
      return container.substring(0, 12);
    }
  }

  /** One more container, confined as compose.yml does it where that is possible. */
  Node startNode(String who) {
    if (who.equals(DEMO)) {
      List<String> words = BenchmarkRun.dockerRun("--network", project + "_default", "-m", "256m");
      words.addAll(List.of("-e", "CONSUL=consul", run.session().fact("WEB_2015")));
      return new Node(run.start(words), 80);
    }
    return startConfined(image("web-node", who));
  }

  /** A container of an image that serves on 8080 and writes to /tmp alone, with more options. */
  Node startConfined(String image, String... more) {
    List<String> words = BenchmarkRun.dockerRun("--network", project + "_default", "-m", "256m");
    words.addAll(List.of(more));
    words.addAll(
        List.of(
            "--read-only",
            "--tmpfs",
            "/tmp",
            "--cap-drop",
            "ALL",
            "-e",
            "CONSUL_HTTP_ADDR=http://consul:8500",
            image));
    return new Node(run.start(words), 8080);
  }

  static String image(String name, String who) {
    if (who.equals(BEFORE)) {
      return before(name);
    }
    return "rollcall/" + name + ":" + TAG + (who.equals(PLAIN) ? "-plain" : "");
  }

  String address(String container) {
    return commands()
        .readOrFail(
            "docker",
            "inspect",
            "-f",
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            container);
  }

  String url(Node node, String path) {
    return "http://" + address(node.container) + ":" + node.port + path;
  }

  /** As an engine stops it, so that it leaves the pool. */
  void stop(Node node) {
    commands().run("docker", "stop", "-t", "30", node.container);
    run.remove(node.container);
  }

  /** The site's answer comes from the container. */
  void awaitInPool(Node node) {
    String site = "http://127.0.0.1:" + environment.get("HTTP_PORT") + "/";
    await(
        "in the pool: " + node.name(),
        () -> probe.body(site).orElse("").strip().equals(node.name()));
  }

  void awaitHealth(Node node) {
    String health = url(node, "/health");
    await("answers: " + health, () -> probe.body(health).isPresent());
  }

  static void await(String what, BooleanSupplier condition) {
    if (!Waiting.until(LIMIT, POLL, condition)) {
      throw new ExitException(
          ExitException.FAILED, "not so after %d s: %s".formatted(LIMIT.toSeconds(), what));
    }
  }

  /** MiB that the processes of a container have resident, and their proportional share of it. */
  void addMemory(Samples samples, String who, String container) throws IOException {
    Waiting.sleep(Duration.ofSeconds(IDLE_SECONDS));
    double resident = 0;
    double proportional = 0;
    List<String> pids = commands().call(List.of("docker", "top", container, "-eo", "pid")).lines();
    for (String pid : pids.subList(1, pids.size())) {
      for (String line : Files.readAllLines(Path.of("/proc", pid.strip(), "smaps_rollup"))) {
        String[] words = line.strip().split(" +", 3);
        resident += words[0].equals("Rss:") ? Double.parseDouble(words[1]) : 0;
        proportional += words[0].equals("Pss:") ? Double.parseDouble(words[1]) : 0;
      }
    }
    samples.add("RSS when idle, " + who, Math.round(resident / 102.4) / 10.0);
    samples.add("PSS when idle, " + who, Math.round(proportional / 102.4) / 10.0);
  }

  static double secondsSince(long began) {
    return Math.round((System.nanoTime() - began) / 1e6) / 1e3;
  }

  void ratio(Samples samples, String name, String of) {
    samples
        .ratio(run.benchmark(), name + " by " + of, !name.startsWith("requests"), name, of)
        .ifPresent(run::compared);
  }
}
