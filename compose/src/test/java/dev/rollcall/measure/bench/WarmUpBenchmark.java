package dev.rollcall.measure.bench;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.Machine;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What cold nodes do to the requests under way: from two nodes to ten, under a load of 60 % of what
 * the two can answer. With the warm-up and a growing share, without both, and with two other ways
 * to steer HAProxy, in turn.
 */
final class WarmUpBenchmark extends WebBenchmark {
  private static final int FEW = 2;
  private static final int MANY = 10;
  private static final double LOAD = 0.6;

  /** Of a core, for each node: ten of them have to fit on a small machine beside all else. */
  private static final String CPUS = MeasurementRun.environment("WARM_UP_CPUS", "0.1");

  /** Of a growing share, as docs/how-to/warm-up.md recommends it. */
  private static final String SLOWSTART = MeasurementRun.environment("WARM_UP_SLOWSTART", "10s");

  private static final int CLIENTS = 256;
  private static final Duration WARMING = Duration.ofSeconds(BenchmarkRun.rounds(40, 15));
  private static final Duration COUNTING = Duration.ofSeconds(BenchmarkRun.rounds(15, 10));
  private static final Duration SETTLING = Duration.ofSeconds(3);

  /** After the last node has joined: longer than its share grows. */
  private static final Duration AFTER = Duration.ofSeconds(15);

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration JOIN_LIMIT = Duration.ofMinutes(3);
  private static final int PORT = 80;

  private static final String OURS = "Rollcall";
  private static final String WARMED = "Rollcall, warm-up alone";
  private static final String GROWING = "Rollcall, slowstart alone";
  private static final String COLD = "Rollcall, neither";
  private static final String RELOADED = "consul-template and haproxy -sf";
  private static final String ASKED = "server-template, asked every 1s";

  private String configuration = "";

  WarmUpBenchmark(BenchmarkRun run) {
    super(run);
  }

  static Benchmark benchmark() {
    return new Benchmark(
        "warm-up",
        "scale from 2 to 10 nodes with little CPU under load: requests lost, p99, stalls; with the"
            + " warm-up and without, and against consul-template and server-template",
        run -> {
          run.prepare(Map.of(), "consul-template");
          new WarmUpBenchmark(run).inSystem(0);
        });
  }

  @Override
  void measure() throws IOException {
    List<String> all = new ArrayList<>(List.of(OURS, WARMED, GROWING, COLD));
    if (run.session().fact("CONSUL_TEMPLATE").isEmpty()) {
      run.leftOut(RELOADED, "it is not on PATH, and Go can't compile it here");
    } else {
      all.add(RELOADED);
    }
    all.add(ASKED);
    for (int i = 0; i < FEW; i++) {
      startWebNode(OURS);
    }
    double capacity = capacity();
    configuration = ours();
    run.measured("capacity of two nodes", Figure.shown(capacity).toPlainString(), "requests/s");
    Samples lost = new Samples();
    Samples ratios = new Samples();
    Samples times = new Samples();
    Samples joins = new Samples();
    int rounds = BenchmarkRun.rounds("WARM_UP_ROUNDS", 3, 1);
    for (int round = 1; round <= rounds; round++) {
      for (String who : all) {
        String balancer = balancer(who);
        Outcomes outcomes = scaled(who, site(balancer), capacity * LOAD);
        lost.add("requests lost, " + who, outcomes.during.lost());
        ratios.add(
            "p99 while it scales by p99 before, " + who,
            outcomes.during.p99() / outcomes.before.p99());
        times.add("p99 before, " + who, outcomes.before.p99());
        times.add("p99 while it scales, " + who, outcomes.during.p99());
        times.add("longest answer, " + who, outcomes.during.longest());
        times.add("longest time without an answer, " + who, outcomes.during.silence());
        joins.add("until all ten have answered, " + who, outcomes.seconds);
        MeasurementRun.say(
            "  round %d of %d, %s, all after %.1f s, load average %s%n    before: %s%n    scaled: %s",
            round,
            rounds,
            who,
            outcomes.seconds,
            Machine.loadAverage(),
            outcomes.before,
            outcomes.during);
        if (isPeer(who)) {
          run.remove(balancer);
        }
      }
    }
    run.measured(ratios.distributions(run.benchmark(), "times"));
    run.measured(lost.distributions(run.benchmark(), "requests"));
    run.measured(times.medians(run.benchmark(), "ms", name -> true));
    run.measured(joins.medians(run.benchmark(), "s", name -> true));
    run.note(
        ("each node has %s of a core, by a quota of 100 ms; the load is %.0f %% of what two warm nodes"
                + " answer to clients that never pause. Requests count from when they were due. It"
                + " scales from docker run of the eight until %d s after the last of them has"
                + " answered")
            .formatted(CPUS, LOAD * 100, AFTER.toSeconds()));
    run.note(
        ("%s: web-node as it is shipped, and LB_SLOWSTART=%s; the peers have nodes with"
                + " WARM_UP_LIMIT=0s. All have the same configuration of HAProxy but for the lines"
                + " of servers")
            .formatted(OURS, SLOWSTART));
  }

  /** What became of the requests before and while it was scaled, and how long that took. */
  private record Outcomes(SteadyLoad.Outcome before, SteadyLoad.Outcome during, double seconds) {}

  /** From two nodes to ten and back. */
  private Outcomes scaled(String who, InetSocketAddress site, double rate) {
    List<String> joiners = new ArrayList<>();
    SteadyLoad load = new SteadyLoad(site, rate, CLIENTS);
    long counted;
    long began;
    double seconds;
    long ended;
    try (load) {
      Waiting.sleep(SETTLING);
      counted = System.nanoTime();
      Waiting.sleep(COUNTING);
      began = System.nanoTime();
      for (int i = FEW; i < MANY; i++) {
        joiners.add(startWebNode(who));
      }
      if (!Waiting.until(JOIN_LIMIT, POLL, () -> load.bodies().size() == MANY)) {
        throw new ExitException(
            ExitException.FAILED,
            "%s: %d of %d nodes answer after %d s"
                .formatted(who, load.bodies().size(), MANY, JOIN_LIMIT.toSeconds()));
      }
      seconds = secondsSince(began);
      Waiting.sleep(AFTER);
      ended = System.nanoTime();
    } finally {
      List<String> words = new ArrayList<>(List.of("docker", "stop", "-t", "30"));
      words.addAll(joiners);
      commands().run(words);
      joiners.forEach(run::remove);
    }
    List<SteadyLoad.Answer> answers = load.answers();
    return new Outcomes(
        SteadyLoad.Outcome.of(answers, counted, began),
        SteadyLoad.Outcome.of(answers, began, ended),
        seconds);
  }

  private double capacity() {
    InetSocketAddress site = site(balancer(COLD));
    SteadyLoad.capacity(site, FEW * 8, WARMING);
    return SteadyLoad.capacity(site, FEW * 8, COUNTING);
  }

  private String startWebNode(String who) {
    String image = image("web-node", hasArchive("web-node") ? ARCHIVE : PLAIN);
    List<String> words = new ArrayList<>(List.of("--cpus", CPUS));
    if (!who.equals(OURS) && !who.equals(WARMED)) {
      words.addAll(List.of("-e", "WARM_UP_LIMIT=0s"));
    }
    return startConfined(image, words.toArray(String[]::new)).container();
  }

  private static boolean isPeer(String who) {
    return who.equals(RELOADED) || who.equals(ASKED);
  }

  private InetSocketAddress site(String balancer) {
    InetSocketAddress site = new InetSocketAddress(address(balancer), PORT);
    await(
        "both nodes answer through " + balancer,
        () -> {
          try (SteadyLoad load = new SteadyLoad(site, 50, 8)) {
            Waiting.sleep(Duration.ofMillis(500));
            return load.bodies().size() == FEW;
          }
        });
    return site;
  }

  // Balancers: one runs at a time

  /** The container of HAProxy. */
  private String balancer(String who) {
    if (isPeer(who)) {
      return peer(who);
    }
    environment.put("LB_SLOWSTART", who.equals(OURS) || who.equals(GROWING) ? SLOWSTART : "");
    commands()
        .runOrFail(compose("up", "-d", "--wait", "--scale", "web-node=0", "--remove-orphans"));
    return commands().readOrFail(compose("ps", "-q", "haproxy").toArray(String[]::new));
  }

  private String peer(String who) {
    try {
      commands().runOrFail(compose("stop", "lb-renderer", "haproxy"));
      Path directory = Files.createTempDirectory("rollcall-peer");
      run.session().atEnd(() -> commands().run("rm", "-rf", directory.toString()));
      List<String> words =
          BenchmarkRun.dockerRun(
              "--init",
              "--network",
              project + "_default",
              "--user",
              "0:0",
              "-m",
              "256m",
              "-v",
              directory + ":/peer",
              "-v",
              run.session().measure().resolve("bench.d/peers") + ":/peers:ro");
      if (who.equals(RELOADED)) {
        Files.writeString(directory.resolve("haproxy.ctmpl"), configuration + CONSUL_TEMPLATE);
        words.addAll(
            List.of("-v", run.session().fact("CONSUL_TEMPLATE") + ":/peer-bin/consul-template:ro"));
        words.addAll(shell(RELOAD));
      } else {
        Files.writeString(
            directory.resolve("haproxy.cfg"), configuration + SERVER_TEMPLATE.formatted(consul()));
        words.addAll(shell("exec haproxy -W -db -f /peer/haproxy.cfg"));
      }
      return run.start(words);
    } catch (IOException e) {
      throw new ExitException(ExitException.FAILED, who + ": " + e);
    }
  }

  private List<String> shell(String script) {
    return List.of("--entrypoint", "sh", run.session().fact("HAPROXY_IMAGE"), "-c", script);
  }

  private String consul() {
    return address(commands().readOrFail(compose("ps", "-q", "consul").toArray(String[]::new)));
  }

  /** The configuration that lb-renderer has written, without servers, the backend of them last. */
  private String ours() {
    List<String> words = compose("exec", "-T", "haproxy", "cat", "/etc/rollcall/haproxy.cfg");
    List<String> lines = commands().readOrFail(words.toArray(String[]::new)).lines().toList();
    int backend = lines.indexOf("backend web from http");
    int end = backend;
    while (end < lines.size() && !lines.get(end).isBlank()) {
      end++;
    }
    if (backend < 0) {
      throw new ExitException(ExitException.FAILED, "lb-renderer's file has no backend web");
    }
    List<String> ordered = new ArrayList<>(lines.subList(0, backend));
    ordered.addAll(lines.subList(end, lines.size()));
    ordered.addAll(lines.subList(backend, end));
    return ordered.stream()
        .filter(line -> !line.startsWith("    server "))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static final String CONSUL_TEMPLATE =
      """
      {{range service "web"}}    server {{.ID}} {{.Address}}:{{.Port}} check
      {{end}}""";

  private static final String RELOAD =
      """
      mkfifo /peer/reload
      /peer-bin/consul-template -consul-addr consul:8500 \
        -template "/peer/haproxy.ctmpl:/peer/haproxy.cfg:sh -c 'echo reload >/peer/reload'" &
      until [ -s /peer/haproxy.cfg ]; do sleep 0.1; done
      exec sh /peers/haproxy-sf.sh /peer
      """;

  private static final String SERVER_TEMPLATE =
      """
          server-template web 20 _web._tcp.service.consul resolvers consul resolve-opts allow-dup-ip \
      resolve-prefer ipv4 check init-addr none

      resolvers consul
          nameserver consul tcp@%s:8600
          accepted_payload_size 65535
          resolve_retries 3
          timeout resolve 1s
          timeout retry 1s
          hold valid 1s
          hold obsolete 0s
          hold nx 0s
          hold other 30s
          hold refused 30s
          hold timeout 30s
      """;
}
