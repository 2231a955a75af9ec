package dev.rollcall.measure.bench;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The launcher against the Consul agent and the supervisord that it replaces, each with Apache and
 * PHP in a container: from container start until in the pool, and the memory of what is not Apache.
 */
final class LauncherBenchmark extends WebBenchmark {
  private static final String LAUNCHER = "launcher";
  private static final Duration IDLE = Duration.ofSeconds(20);
  private static final int TOGETHER = 5;

  LauncherBenchmark(BenchmarkRun run) {
    super(run);
  }

  @Override
  void measure() throws IOException {
    run.prepare(environment, "launcher");
    if (!hasDemo("every figure")) {
      return;
    }
    List<String> both = List.of(LAUNCHER, DEMO);
    Samples times = new Samples();
    Samples memory = new Samples();
    int rounds = BenchmarkRun.rounds(11, 2);
    for (int round = 1; round <= rounds; round++) {
      for (String who : both) {
        long began = System.nanoTime();
        Node node = start(who);
        awaitInPool(node);
        double pooled = secondsSince(began);
        times.add("run to in the pool, " + who, pooled);
        times.add("processor time until in the pool, " + who, run.cpuSeconds(node.container()));
        if (round <= BenchmarkRun.rounds(3, 1)) {
          Waiting.sleep(IDLE);
          addSupervision(memory, "PSS when idle, alone, " + who, node.container());
        }
        stop(node);
        MeasurementRun.say(
            "  round %d of %d: %s in the pool after %.3f s", round, rounds, who, pooled);
      }
    }
    for (String who : both) {
      List<Node> nodes = new ArrayList<>();
      for (int i = 0; i < TOGETHER; i++) {
        nodes.add(start(who));
      }
      nodes.forEach(this::awaitHealth);
      Waiting.sleep(IDLE);
      for (Node node : nodes) {
        addSupervision(
            memory, "PSS when idle, each of %d, %s".formatted(TOGETHER, who), node.container());
      }
      nodes.forEach(this::stop);
    }
    run.measured(times.distributions(run.benchmark(), "s"));
    run.measured(memory.medians(run.benchmark(), "MiB", name -> true));
    ratio(times, "run to in the pool, " + LAUNCHER, "run to in the pool, " + DEMO);
    for (String how : List.of("alone", "each of " + TOGETHER)) {
      String name = "PSS when idle, " + how + ", ";
      ratio(memory, name + LAUNCHER, name + DEMO);
    }
    run.note(
        "both are Apache with PHP, of Debian's packages. 2015 has supervisord and a Consul agent"
            + " (Debian's, 1.8.7) beside it, which checks it once a second; launcher has the launcher"
            + " with the archive of its classes");
    run.note(
        "run is from docker run; in the pool is the first answer of this container through HAProxy."
            + " PSS is that of all processes but Apache's, 20 s later: of the one container, and of"
            + " each of five at once, which share files");
  }

  private Node start(String who) {
    return who.equals(DEMO) ? startNode(DEMO) : startConfined(run.session().fact("PHP_IMAGE"));
  }

  /** MiB that all processes of the container but Apache's have, by their proportional share. */
  private void addSupervision(Samples samples, String name, String container) throws IOException {
    double proportional = 0;
    List<String> processes =
        commands().call(List.of("docker", "top", container, "-eo", "pid,args")).lines();
    for (String process : processes.subList(1, processes.size())) {
      String[] words = process.strip().split("\\s+", 3);
      // Apache itself, or Debian's script that starts it; the launcher's line ends with Apache's.
      String program = words[1].endsWith("sh") ? words[2] : words[1];
      if (!program.contains("apache2")) {
        proportional += pss(Path.of("/proc", words[0], "smaps_rollup"));
      }
    }
    if (proportional == 0) {
      throw new ExitException(ExitException.FAILED, "no process but Apache's in " + container);
    }
    samples.add(name, Math.round(proportional / 102.4) / 10.0);
  }

  private static double pss(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith("Pss:"))
        .mapToDouble(line -> Double.parseDouble(line.strip().split(" +", 3)[1]))
        .sum();
  }

  static Benchmark benchmark() {
    return new Benchmark(
        LAUNCHER,
        "launcher: container start until in the pool, and memory; against supervisord and a Consul"
            + " agent",
        run -> new LauncherBenchmark(run).inSystem(0));
  }
}
