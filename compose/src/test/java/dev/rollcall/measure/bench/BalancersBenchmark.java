package dev.rollcall.measure.bench;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.simulate.ConsulLoad;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What several lb-renderers of one service cost Consul, beside what {@link ConsulLoad} computes for
 * the same: bytes sent and processor time, by a change and while nothing changes, with an agent
 * each and all at one. The lb-renderers steer no HAProxy. What Consul does without them (gossip,
 * writing the changes) is measured first, and subtracted. Used by one thread.
 */
final class BalancersBenchmark {
  private static final int MOST = BenchmarkRun.rounds(10, 2);
  private static final List<Integer> BALANCERS =
      BenchmarkRun.quick() ? List.of(1, 2) : List.of(1, 2, 10);
  private static final List<Integer> INSTANCES =
      BenchmarkRun.quick() ? List.of(100) : List.of(100, 1000);

  /** One a second, every other one takes an instance out: so an even number. */
  private static final int CHANGES = BenchmarkRun.rounds("BALANCERS_CHANGES", 30, 6) / 2 * 2;

  /** So long that each watch waits twice in vain: a wait is 25 s and up to a sixteenth more. */
  private static final int CALM_SECONDS = BenchmarkRun.rounds("BALANCERS_CALM", 52, 26);

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int START_SECONDS = 180;
  private static final String INTERFACE = "{{ GetInterfaceIP \"eth0\" }}";
  private static final Pattern SENT =
      Pattern.compile("eth0:(?:\\s+\\d+){8}\\s+(\\d+)", Pattern.MULTILINE);

  private final BenchmarkRun run;
  private final HttpProbe probe = HttpProbe.within(Duration.ofSeconds(20));
  private final List<BenchmarkRun.Consul> agents = new ArrayList<>();
  private BenchmarkRun.Consul server;
  private String jar = "";

  private BalancersBenchmark(BenchmarkRun run) {
    this.run = run;
    server = new BenchmarkRun.Consul("", "");
  }

  static void measure(BenchmarkRun run) throws IOException {
    run.prepare(Map.of(), "balancer");
    new BalancersBenchmark(run).measure();
  }

  private void measure() throws IOException {
    jar = run.session().root().resolve("lb-renderer/target/lb-renderer.jar").toString();
    run.note(
        "sent and CPU are those of Consul's server and of its client agents, less what they were"
            + " without balancers; a change is one instance that comes or goes, one a second;"
            + " computed is compose/measure/simulate with the entry that is given");
    for (int instances : INSTANCES) {
      startConsul();
      for (int i = 0; i < instances; i++) {
        register(i);
      }
      Use change = during(() -> change(CHANGES, List.of())).by(CHANGES);
      Use calm = during(BalancersBenchmark::calm).by(CALM_SECONDS);
      int entry =
          probe.body(server.address() + "/v1/health/service/web").orElse("").length() / instances;
      run.measured("entry, %d instances".formatted(instances), Integer.toString(entry), "bytes");
      for (int balancers : BALANCERS) {
        measure(instances, balancers, balancers, entry, change, calm);
        if (balancers > 1) {
          measure(instances, balancers, 1, entry, change, calm);
        }
      }
      run.removeContainers();
      agents.clear();
    }
  }

  /**
   * So many balancers at the first so many agents.
   *
   * @param entry bytes of an instance in an answer
   * @param change what a change costs without balancers
   * @param second what a second costs without balancers
   */
  private void measure(int instances, int balancers, int used, int entry, Use change, Use second)
      throws IOException {
    String who = "%d balancers at %d agents, %d instances".formatted(balancers, used, instances);
    List<Process> processes = new ArrayList<>();
    List<Path> outputs = new ArrayList<>();
    Path directory = Files.createTempDirectory(run.out(), "balancers");
    run.session().atEnd(() -> run.commands().run("rm", "-rf", directory.toString()));
    run.session().atEnd(() -> processes.forEach(Process::destroy));
    try {
      for (int i = 0; i < balancers; i++) {
        Path output = directory.resolve(i + ".cfg");
        outputs.add(output);
        processes.add(
            run.commands().start(directory.resolve(i + ".log"), renderer(output, i % used)));
      }
      if (!Waiting.until(
          START_SECONDS, () -> outputs.stream().allMatch(file -> servers(file) == instances))) {
        throw new ExitException(ExitException.FAILED, who + ": not all have all instances");
      }
      Waiting.sleep(Duration.ofSeconds(5)); // each may get some answers at once again
      Samples delays = new Samples();
      List<Double> each = new ArrayList<>();
      Use changing = during(() -> each.addAll(change(CHANGES, outputs))).by(CHANGES).less(change);
      each.forEach(delay -> delays.add("until a balancer has it, " + who, delay));
      Use calm = during(BalancersBenchmark::calm).by(CALM_SECONDS).less(second);
      ConsulLoad computed =
          ConsulLoad.of(
              Map.of(
                  "instances", (double) instances,
                  "balancers", (double) balancers,
                  "agents", (double) used,
                  "seconds", (double) CHANGES,
                  "entry", (double) entry));
      figure("a change, agents send, " + who, changing.agentBytes / 1e3, "kB");
      figure("the same, computed", computed.agentBytesOfAChange() / 1e3, "kB");
      figure("a change, server sends, " + who, changing.serverBytes / 1e3, "kB");
      figure("the same, computed", computed.serverBytesOfAChange() / 1e3, "kB");
      figure("a calm second, agents send, " + who, calm.agentBytes / 1e3, "kB");
      figure("the same, computed", computed.agentBytesOfACalmSecond() / 1e3, "kB");
      figure("a calm second, server sends, " + who, calm.serverBytes / 1e3, "kB");
      figure("the same, computed", computed.serverBytesOfACalmSecond() / 1e3, "kB");
      figure("a change, CPU of the agents, " + who, changing.agentCpu * 1e3, "ms");
      figure("a change, CPU of the server, " + who, changing.serverCpu * 1e3, "ms");
      figure("a calm second, CPU of the agents, " + who, calm.agentCpu * 1e3, "ms");
      figure("a calm second, CPU of the server, " + who, calm.serverCpu * 1e3, "ms");
      run.measured(delays.medians(run.benchmark(), "ms", name -> true));
      figure("the same, computed on average", computed.meanDelay() * 1e3, "ms");
      MeasurementRun.say("  %s: %s a change, %s a calm second", who, changing, calm);
    } finally {
      processes.forEach(Process::destroy);
      processes.forEach(process -> process.onExit().join());
    }
  }

  private List<String> renderer(Path output, int agent) {
    return List.of(
        BenchmarkRun.java(),
        "-Xmx128m",
        "-Xss512k",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-jar",
        jar,
        "run",
        "--listen",
        "off",
        "--consul",
        agents.get(agent).address(),
        "--output",
        output.toString());
  }

  // Consul

  /** A server and as many client agents as balancers at most, whoever uses them. */
  private void startConsul() {
    server =
        run.startConsul(
            run.session().fact("CONSUL_IMAGE"),
            "-server",
            "-bootstrap-expect",
            "1",
            "-bind",
            INTERFACE);
    String join = URI.create(server.address()).getHost();
    for (int i = 0; i < MOST; i++) {
      agents.add(
          run.startConsul(
              run.session().fact("CONSUL_IMAGE"), "-bind", INTERFACE, "-retry-join", join));
    }
  }

  private void register(int instance) {
    put(
        "register",
        """
        {"Node": "vm-%1$d", "Address": "198.18.%2$d.%3$d", "SkipNodeUpdate": false,
         "Service": {"ID": "web-vm-%1$d-8080", "Service": "web", "Port": 8080,
          "Tags": ["v1", "zone-a"], "Meta": {"version": "1.4.2", "balance": "leastconn"}},
         "Check": {"CheckID": "rollcall:web-vm-%1$d-8080", "Name": "heartbeat", "Status": "passing",
          "ServiceID": "web-vm-%1$d-8080", "Notes": "registered by 39e88bda698174b8"}}
        """
            .formatted(instance, instance / 250, instance % 250 + 1));
  }

  private void put(String what, String json) {
    URI address = URI.create(server.address() + "/v1/catalog/" + what);
    if (probe
        .send(HttpRequest.newBuilder(address).PUT(BodyPublishers.ofString(json)))
        .filter(answer -> answer.statusCode() == 200)
        .isEmpty()) {
      throw new ExitException(ExitException.FAILED, "Consul does not take a change");
    }
  }

  /**
   * The first instance goes and comes back, by one change a second; gives how many milliseconds
   * later each output was written.
   */
  private List<Double> change(int times, List<Path> outputs) {
    List<Double> delays = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      long next = System.nanoTime() + SECOND.toNanos();
      long began = System.currentTimeMillis();
      if (i % 2 == 0) {
        put("deregister", "{\"Node\": \"vm-0\"}");
      } else {
        register(0);
      }
      Waiting.sleep(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
      for (Path output : outputs) {
        long written = output.toFile().lastModified();
        // What is not written by now is counted as a second, and seen in the next round.
        delays.add((double) (written >= began ? written - began : SECOND.toMillis()));
      }
    }
    return delays;
  }

  private static long servers(Path output) {
    try {
      return Files.exists(output)
          ? Files.readString(output)
              .lines()
              .filter(line -> line.contains(" 198.18.") && line.strip().startsWith("server "))
              .count()
          : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private static void calm() {
    Waiting.sleep(SECOND.multipliedBy(CALM_SECONDS));
  }

  // What it costs

  /** Bytes sent, and seconds of processor time. */
  private record Use(double agentBytes, double serverBytes, double agentCpu, double serverCpu) {
    Use less(Use other) {
      return new Use(
          agentBytes - other.agentBytes,
          serverBytes - other.serverBytes,
          agentCpu - other.agentCpu,
          serverCpu - other.serverCpu);
    }

    Use by(double count) {
      return new Use(agentBytes / count, serverBytes / count, agentCpu / count, serverCpu / count);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "agents send %.1f kB, server sends %.1f kB, CPU %.1f and %.1f ms",
          agentBytes / 1e3,
          serverBytes / 1e3,
          agentCpu * 1e3,
          serverCpu * 1e3);
    }
  }

  private Use during(Runnable action) {
    Use before = use();
    action.run();
    return use().less(before);
  }

  private Use use() {
    double bytes = 0;
    double cpu = 0;
    for (BenchmarkRun.Consul agent : agents) {
      bytes += sent(agent);
      cpu += run.cpuSeconds(agent.container());
    }
    return new Use(bytes, sent(server), cpu, run.cpuSeconds(server.container()));
  }

  /** What has gone out of a container's network interface. */
  private double sent(BenchmarkRun.Consul consul) {
    Matcher sent =
        SENT.matcher(
            run.commands()
                .readOrFail("docker", "exec", consul.container(), "cat", "/proc/net/dev"));
    if (!sent.find()) {
      throw new ExitException(ExitException.FAILED, "a container without eth0");
    }
    return Double.parseDouble(sent.group(1));
  }

  private void figure(String name, double value, String unit) {
    run.measured(name, Figure.shown(value).toPlainString(), unit);
  }
}
