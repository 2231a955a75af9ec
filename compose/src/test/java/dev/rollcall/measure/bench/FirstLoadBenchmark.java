package dev.rollcall.measure.bench;

import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What becomes of a load that begins at its full rate on nodes that have just started, while other
 * programs keep every core busy: with the warm-up and without, in turn.
 */
final class FirstLoadBenchmark extends WebBenchmark {
  private static final int NODES = 3;
  private static final double RATE = 120;
  private static final int CLIENTS = 64;
  private static final Duration TIME = Duration.ofSeconds(15);

  /** Longer than a round takes: they end by themselves, whatever becomes of this run. */
  private static final int BUSY_SECONDS = 240;

  private static final String WARMED = "with warm-up";
  private static final String COLD = "without";

  FirstLoadBenchmark(BenchmarkRun run) {
    super(run);
  }

  static Benchmark benchmark() {
    return new Benchmark(
        "first-load",
        "a load that begins on freshly started nodes while every core is busy: requests lost, p99,"
            + " stalls; with the warm-up and without",
        run -> new FirstLoadBenchmark(run).inSystem(0));
  }

  @Override
  void measure() throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    Samples lost = new Samples();
    Samples times = new Samples();
    int rounds = BenchmarkRun.rounds("FIRST_LOAD_ROUNDS", 10, 2);
    InetSocketAddress site =
        new InetSocketAddress(
            address(commands().readOrFail(compose("ps", "-q", "haproxy").toArray(String[]::new))),
            80);
    for (int round = 1; round <= rounds; round++) {
      for (String who : List.of(WARMED, COLD)) {
        SteadyLoad.Outcome outcome = first(who, site, cores);
        lost.add("requests lost, " + who, outcome.lost());
        times.add("p99, " + who, outcome.p99());
        times.add("longest answer, " + who, outcome.longest());
        times.add("longest time without an answer, " + who, outcome.silence());
        MeasurementRun.say(
            "  round %d of %d, %s, load average %s: %s",
            round, rounds, who, Machine.loadAverage(), outcome);
      }
    }
    run.measured(lost.distributions(run.benchmark(), "requests"));
    run.measured(times.medians(run.benchmark(), "ms", name -> true));
    run.note(
        ("%d nodes have just answered for the first time; then %.0f requests a second are sent for"
                + " %d s, on %d cores that run as many endless loops since before the nodes started")
            .formatted(NODES, RATE, TIME.toSeconds(), cores));
  }

  private SteadyLoad.Outcome first(String who, InetSocketAddress site, int cores) {
    List<String> containers = new ArrayList<>();
    try {
      for (int i = 0; i < cores; i++) {
        containers.add(startBusyLoop());
      }
      for (int i = 0; i < NODES; i++) {
        String image = image("web-node", hasArchive("web-node") ? ARCHIVE : PLAIN);
        Node node =
            who.equals(COLD)
                ? startConfined(image, "-e", "WARM_UP_LIMIT=0s")
                : startConfined(image);
        containers.add(node.container());
      }
      try (SteadyLoad few = new SteadyLoad(site, 10, 2)) { // as compose/up asks
        await(NODES + " nodes answer", () -> few.bodies().size() == NODES);
      }
      SteadyLoad load = new SteadyLoad(site, RATE, CLIENTS);
      long began = System.nanoTime();
      try (load) {
        Waiting.sleep(TIME);
      }
      return SteadyLoad.Outcome.of(load.answers(), began, began + TIME.toNanos());
    } finally {
      containers.forEach(container -> commands().run("docker", "stop", "-t", "20", container));
      containers.forEach(run::remove);
    }
  }

  private String startBusyLoop() {
    List<String> words =
        BenchmarkRun.dockerRun("--network", "none", "--init", "--entrypoint", "sh");
    words.addAll(
        List.of(
            run.session().fact("HAPROXY_IMAGE"),
            "-c",
            "exec timeout %d sh -c 'while :; do :; done'".formatted(BUSY_SECONDS)));
    return run.start(words);
  }
}
