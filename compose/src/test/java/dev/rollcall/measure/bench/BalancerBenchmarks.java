package dev.rollcall.measure.bench;

import dev.rollcall.measure.load.LoadRecord;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How soon and how cheaply HAProxy follows Consul: lb-renderer, and what people use instead. The
 * measuring itself is done by programs among lb-renderer's tests.
 */
final class BalancerBenchmarks {
  private static final String PACKAGE = "dev.rollcall.lb.bench.";
  private static final List<Integer> POOLS = List.of(10, 100, 1000);
  private static final Pattern MEDIAN =
      Pattern.compile("(?<who>.*), (?<size>\\d+ servers), median of \\d+");

  private BalancerBenchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        new Benchmark(
            "join",
            "from register until the new instance answers through HAProxy, in pools of 10, 100 and"
                + " 1,000 (JOIN_ROUNDS)",
            BalancerBenchmarks::join),
        new Benchmark(
            "leave",
            "from leave until HAProxy sends it nothing new; measured together with join",
            run -> membership(run)),
        new Benchmark(
            "burst",
            "100 instances join a pool of 10 within 100 ms: until all answer, and in how many"
                + " changes of HAProxy (BURST_ROUNDS)",
            BalancerBenchmarks::burst),
        new Benchmark(
            "growth",
            "what one more server costs lb-renderer in pools of 50, 500 and 5,000: time, CPU,"
                + " memory, bytes read from Consul",
            BalancerBenchmarks::growth),
        new Benchmark(
            "consul",
            "a join in pools of 10, 1,000 and 5,000, and what it costs lb-renderer, on the Consul"
                + " of the tests and on the old one in turn",
            BalancerBenchmarks::consul),
        new Benchmark(
            "services",
            "what it costs lb-renderer to watch 1, 100 and 1,000 services, and how soon a change in"
                + " one comes through",
            BalancerBenchmarks::services),
        new Benchmark(
            "new-services",
            "199 services come and go by the template many-services: what the clients of another one"
                + " lose and wait, and how often HAProxy reloads (HAPROXY_IMAGE, NEW_SERVICES_ROUNDS)",
            BalancerBenchmarks::newServices),
        new Benchmark(
            "balancers",
            "what 1, 2 and 10 lb-renderers of 100 and 1,000 instances cost Consul, with an agent each"
                + " and all at one, beside what compose/measure/simulate computes"
                + " (BALANCERS_CHANGES, BALANCERS_CALM)",
            BalancersBenchmark::measure),
        new Benchmark(
            "lossless",
            "requests lost, and their 99th percentile, while instances come and go 100 times under"
                + " the load of compose/measure/faults",
            BalancerBenchmarks::lossless));
  }

  private static void join(BenchmarkRun run) throws Exception {
    List<Figure> figures = membership(run);
    Map<String, List<Double>> lines = new LinkedHashMap<>();
    for (Figure figure : figures) {
      Matcher median = MEDIAN.matcher(figure.name());
      if (median.matches()) {
        lines
            .computeIfAbsent(median.group("who"), ignored -> new ArrayList<>())
            .add(figure.value().doubleValue());
      }
    }
    Plot.write(run.out("join.svg"), "from register to the first answer, median, ms", POOLS, lines);
  }

  /** Joins and leaves are measured in one go. */
  private static void measureMembership(BenchmarkRun run) throws IOException {
    Path tsv = run.out("membership.tsv");
    Files.writeString(tsv, "");
    for (int pool : POOLS) {
      // A 99th percentile wants a hundred samples.
      int rounds =
          pool == 10 ? BenchmarkRun.rounds("JOIN_ROUNDS", 34, 5) : BenchmarkRun.rounds(10, 3);
      measure(run, tsv, "Membership", pool, BenchmarkRun.rounds(3, 1), rounds);
    }
  }

  private static List<Figure> membership(BenchmarkRun run) throws Exception {
    run.once("membership", BalancerBenchmarks::measureMembership);
    notePeers(run);
    noteServerTemplate(run);
    List<Figure> figures = membershipFigures(run.benchmark(), run.out("membership.tsv"));
    run.measured(figures);
    membershipRatios(run.benchmark(), run.out("membership.tsv")).forEach(run::compared);
    return figures;
  }

  /** How many times longer than ours the others take, with the samples of each. */
  static List<Ratio> membershipRatios(String kind, Path tsv) {
    Samples samples = Samples.read(tsv, kind, "");
    List<Ratio> ratios = new ArrayList<>();
    for (String name : samples.names()) {
      int end = name.lastIndexOf(", ");
      List<Double> ours = samples.values("Rollcall" + name.substring(end));
      if (!name.startsWith("Rollcall, ") && !ours.isEmpty()) {
        ratios.add(new Ratio(kind, name + ", by ours", false, samples.values(name), ours));
      }
    }
    return ratios;
  }

  /** Medians, tails, and how many times longer than ours the others take. */
  static List<Figure> membershipFigures(String kind, Path tsv) {
    List<Figure> figures = new ArrayList<>(Samples.read(tsv, kind, "").distributions(kind, "ms"));
    Map<String, Double> ours = new HashMap<>();
    List<Figure> ratios = new ArrayList<>();
    for (Figure figure : figures) {
      Matcher median = MEDIAN.matcher(figure.name());
      if (!median.matches()) {
        continue;
      }
      double value = figure.value().doubleValue();
      String pool = median.group("size");
      if (median.group("who").equals("Rollcall")) {
        ours.put(pool, value);
      } else if (ours.getOrDefault(pool, 0.0) > 0) {
        ratios.add(
            Figure.once(
                kind,
                "%s, %s, by ours".formatted(median.group("who"), pool),
                String.format(Locale.ROOT, "%.1f", value / ours.getOrDefault(pool, 1.0)),
                "times"));
      }
    }
    figures.addAll(ratios);
    return figures;
  }

  private static void burst(BenchmarkRun run) throws IOException {
    Path tsv = run.out("burst.tsv");
    Files.writeString(tsv, "");
    measure(
        run, tsv, "Burst", BenchmarkRun.rounds(3, 1), BenchmarkRun.rounds("BURST_ROUNDS", 7, 2));
    notePeers(run);
    noteServerTemplate(run);
    distributions(run, tsv, "time", "ms", "");
    distributions(run, tsv, "registered", "ms", "until Consul has registered all, ");
    distributions(run, tsv, "changes", "changes", "changes of HAProxy by ");
    Samples times = Samples.read(tsv, "time", "");
    Samples registered = Samples.read(tsv, "registered", "");
    for (String name : times.names()) {
      if (name.startsWith("Rollcall, ") && !registered.values(name).isEmpty()) {
        run.compared(
            new Ratio(
                run.benchmark(),
                name + ", by the time until Consul has registered all",
                true,
                times.values(name),
                registered.values(name)));
      }
    }
  }

  private static void growth(BenchmarkRun run) throws IOException {
    Path tsv = run.out("growth.tsv");
    List<Integer> pools = List.of(50, 500, 5000);
    Files.writeString(tsv, "");
    for (int pool : pools) {
      measure(run, tsv, "Growth", pool, BenchmarkRun.rounds(30, 5), BenchmarkRun.rounds(20, 5));
    }
    distributions(run, tsv, "time", "ms", "join, ");
    once(run, tsv, "CPU", "ms", "CPU of a change, ");
    once(run, tsv, "read", "KiB", "read from Consul for a change, ");
    once(run, tsv, "resident", "MiB", "resident memory, ");
    once(run, tsv, "idle", "% of a core", "idle, ");
    List<Double> cpu =
        Samples.lines(tsv).stream()
            .filter(line -> line[2].equals("CPU"))
            .map(line -> Double.valueOf(line[1]))
            .toList();
    Plot.write(
        run.out("growth.svg"),
        "CPU of lb-renderer for one change, ms",
        pools,
        Map.of("lb-renderer", cpu));
  }

  /** Both in turn, each of them twice, so that what else goes on here slows both. */
  private static void consul(BenchmarkRun run) throws IOException {
    run.prepare(Map.of(), "consul-old");
    Map<String, String> images = new LinkedHashMap<>();
    for (String fact : List.of("CONSUL_IMAGE", "CONSUL_OLD_IMAGE")) {
      String image = run.session().fact(fact);
      images.put("Consul " + image.substring(image.lastIndexOf(':') + 1), image);
    }
    for (int pool : List.of(10, 1000, 5000)) {
      Map<String, Double> medians = new LinkedHashMap<>();
      List<List<Double>> rounds = new ArrayList<>();
      for (int turn = 1; turn <= BenchmarkRun.rounds(2, 1); turn++) {
        for (Map.Entry<String, String> image : images.entrySet()) {
          Path tsv = run.out("consul-%s-%d.tsv".formatted(image.getKey().substring(7), pool));
          if (turn == 1) {
            Files.writeString(tsv, "");
          }
          measureOn(
              run,
              image.getValue(),
              tsv,
              "Growth",
              pool,
              BenchmarkRun.rounds(20, 5),
              BenchmarkRun.rounds(10, 2));
        }
      }
      for (String name : images.keySet()) {
        Path tsv = run.out("consul-%s-%d.tsv".formatted(name.substring(7), pool));
        Samples times = Samples.read(tsv, "time", name + ", join, ");
        List<Figure> join = times.distributions(run.benchmark(), "ms");
        rounds.add(times.names().stream().flatMap(who -> times.values(who).stream()).toList());
        run.measured(join);
        medians.put(name, join.get(0).value().doubleValue());
        once(run, tsv, "CPU", "ms", name + ", CPU of a change, ");
        once(run, tsv, "read", "KiB", name + ", read from Consul for a change, ");
      }
      List<Double> both = List.copyOf(medians.values());
      String ratio = "join by that on the old Consul, %d servers".formatted(pool);
      run.compared(new Ratio(run.benchmark(), ratio, true, rounds.get(0), rounds.get(1)));
      run.measured(ratio, String.format(Locale.ROOT, "%.2f", both.get(0) / both.get(1)), "times");
    }
  }

  private static void services(BenchmarkRun run) throws IOException {
    Path tsv = run.out("services.tsv");
    Files.writeString(tsv, "");
    for (int count : List.of(1, 100, 1000)) {
      measure(run, tsv, "Services", count, BenchmarkRun.rounds(20, 4), BenchmarkRun.rounds(60, 10));
    }
    distributions(run, tsv, "time", "ms", "join, ");
    once(run, tsv, "idle", "% of a core", "idle, ");
    once(run, tsv, "connections", "", "connections to Consul, ");
    once(run, tsv, "threads", "", "threads, ");
    once(run, tsv, "resident", "MiB", "resident memory, ");
  }

  private static void newServices(BenchmarkRun run) throws IOException {
    Path tsv = run.out("new-services.tsv");
    Files.writeString(tsv, "");
    measure(
        run,
        tsv,
        "NewServices",
        200,
        BenchmarkRun.rounds("NEW_SERVICES_ROUNDS", 5, 1),
        BenchmarkRun.rounds(20, 5));
    List<Figure> times = Samples.read(tsv, "time", "").distributions(run.benchmark(), "ms");
    run.measured(times);
    List<Double> tails =
        times.stream()
            .filter(figure -> figure.name().endsWith(", p99"))
            .map(figure -> figure.value().doubleValue())
            .toList();
    run.measured(
        "p99 while they come and go, by that of the calm",
        String.format(Locale.ROOT, "%.2f", tails.get(1) / tails.get(0)),
        "times");
    for (String[] line : Samples.lines(tsv)) {
      if (line[2].startsWith("once")) {
        run.measured(line[0], line[1].replaceFirst("\\.00$", ""), line[2].substring(5));
      }
    }
  }

  private static void lossless(BenchmarkRun run) throws IOException {
    run.prepare(Map.of(), "jmeter");
    int changes = BenchmarkRun.rounds(100, 20);
    notePeers(run);
    for (String who : List.of("ours", "reload")) {
      String peer = consulTemplate(run).isEmpty() ? "curl loop" : "consul-template";
      String name = who.equals("ours") ? "Rollcall" : peer + " and haproxy -sf";
      Path directory = run.out("lossless-" + who);
      run.commands().run("rm", "-rf", directory.toString());
      Files.createDirectories(directory);
      measure(
          run,
          run.out("lossless.out"),
          "Lossless",
          who,
          changes,
          run.session().measure().resolve("lib/load.sh"),
          directory);
      String words = "%s, %d changes: ".formatted(name, changes);
      long end = Long.parseLong(Files.readString(directory.resolve("end")).strip());
      outcome(run, words, new LoadRecord(directory).outcome(end));
    }
  }

  /** How many requests, how many lost and how, and their times. */
  private static void outcome(BenchmarkRun run, String words, LoadRecord.Outcome outcome) {
    run.measured(words + "requests", Long.toString(outcome.requests()), "");
    run.measured(words + "lost", Long.toString(outcome.lost()), "");
    outcome
        .kinds()
        .forEach(
            (kind, count) -> run.measured(words + "lost, " + kind, Integer.toString(count), ""));
    run.measured(words + "answered, median", Long.toString(outcome.median()), "ms");
    run.measured(words + "answered, p99", Long.toString(outcome.p99()), "ms");
  }

  /** The samples of one kind as medians and tails. */
  private static void distributions(
      BenchmarkRun run, Path tsv, String kind, String unit, String words) {
    run.measured(Samples.read(tsv, kind, words).distributions(run.benchmark(), unit));
  }

  /** What was measured once. */
  private static void once(BenchmarkRun run, Path tsv, String kind, String unit, String words) {
    Samples.lines(tsv).stream()
        .filter(line -> line[2].equals(kind))
        .forEach(line -> run.measured(words + line[0], line[1], unit));
  }

  /** One of the programs against a Consul of its own; its samples are appended to the file. */
  private static void measure(BenchmarkRun run, Path tsv, String program, Object... arguments)
      throws IOException {
    measureOn(run, run.session().fact("CONSUL_IMAGE"), tsv, program, arguments);
  }

  private static void measureOn(
      BenchmarkRun run, String consulImage, Path tsv, String program, Object... arguments)
      throws IOException {
    run.prepare(Map.of(), "balancer", "consul-template");
    Path target = run.session().root().resolve("lb-renderer/target");
    List<String> words =
        new ArrayList<>(
            List.of(
                "-Xmx512m",
                // The JDK's HTTP server sends an answer in two parts, the second of which waits
                // 40 ms on a kept connection without it.
                "-Dsun.net.httpserver.nodelay=true",
                "-Dlb-renderer.jar=" + target.resolve("lb-renderer.jar"),
                "-Dbench.scripts=" + run.session().measure().resolve("bench.d/peers"),
                "-cp",
                run.session().fact("BALANCER_CLASSPATH"),
                PACKAGE + program));
    for (Object argument : arguments) {
      words.add(argument.toString());
    }
    BenchmarkRun.Consul consul = run.consulOnBridge(consulImage);
    run.java(consul, Redirect.appendTo(tsv.toFile()), words);
    run.remove(consul.container());
  }

  private static String consulTemplate(BenchmarkRun run) {
    run.prepare(Map.of(), "consul-template");
    return run.session().fact("CONSUL_TEMPLATE");
  }

  private static void notePeers(BenchmarkRun run) {
    String program = consulTemplate(run);
    if (program.isEmpty()) {
      run.leftOut(
          "consul-template",
          "it is neither on PATH nor is Go here to compile it; a loop of curl and jq does its work");
    } else {
      String version = run.commands().read("sh", "-c", "\"$0\" -version 2>&1", program);
      run.note(
          version.replaceFirst(" *\\(\\)$", "")
              + ", which waits for no quiet and runs haproxy -f FILE -sf $(pidof haproxy)");
    }
  }

  private static void noteServerTemplate(BenchmarkRun run) {
    run.note(
        "server-template: SRV records over TCP, with \"timeout resolve\" and \"hold valid\" as in its"
            + " name, and \"hold obsolete 0s\"");
  }
}
