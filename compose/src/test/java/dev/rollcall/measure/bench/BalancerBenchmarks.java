package dev.rollcall.measure.bench;

import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.load.LoadRecord;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

  /** What takes turns, as its samples are called. */
  static final String OURS = "Rollcall";

  static final String BEFORE = "the build before";
  private static final String FLOOR = "floor";
  private static final String ASKED_FLOOR = FLOOR + ": while the site is asked";
  private static final Pattern POOL = Pattern.compile(".*(, (\\d+) servers)");

  /** How often ours and what it is compared with takes turns in a pool, and how often the peers. */
  private record Rounds(int pool, int turns, int rounds, int peersTurns, int peersRounds) {}

  private BalancerBenchmarks() {}

  static List<Benchmark> all() {
    return List.of(
        new Benchmark(
            "join",
            "from register until the new instance answers through HAProxy, in pools of 10, 1,000 and"
                + " 5,000 (JOIN_ROUNDS, BASE_JAR)",
            BalancerBenchmarks::join),
        new Benchmark(
            "leave",
            "from leave until HAProxy sends it nothing new; measured together with join",
            run -> membership(run)),
        new Benchmark(
            "burst",
            "100 instances join a pool of 10 within 100 ms: until all answer, and in how many"
                + " changes of HAProxy (BURST_ROUNDS, BASE_JAR)",
            BalancerBenchmarks::burst),
        new Benchmark(
            "first-join",
            "the first join after 10 minutes of calm, of lb-renderer as compose ships it (CALM_SECONDS,"
                + " FIRST_EACH, BASE_IMAGE, BASE_JAR)",
            run -> new FirstJoinBenchmark(run).measure()),
        new Benchmark(
            "growth",
            "what one more server costs lb-renderer in pools of 10, 1,000 and 5,000: time, CPU,"
                + " memory, bytes read from Consul (BASE_JAR)",
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
    Samples samples = membership(run);
    Map<String, List<Double>> lines = new LinkedHashMap<>();
    for (String name : samples.names()) {
      String who = name.substring(0, name.lastIndexOf(", "));
      if (!who.startsWith(FLOOR + ":")) {
        lines.computeIfAbsent(who, ignored -> new ArrayList<>()).add(samples.median(name));
      }
    }
    Plot.write(
        run.out("join.svg"),
        "from register to the first answer, median, ms",
        rounds().stream().map(Rounds::pool).toList(),
        lines);
  }

  /** A 99th percentile wants a hundred samples: JOIN_ROUNDS. */
  private static List<Rounds> rounds() {
    if (BenchmarkRun.quick()) {
      int rounds = BenchmarkRun.rounds("JOIN_ROUNDS", 3, 3);
      return List.of(
          new Rounds(10, 1, rounds, 1, 2),
          new Rounds(1000, 1, 2, 1, 1),
          new Rounds(5000, 1, 2, 0, 0));
    }
    int turns = 3;
    int rounds = Math.max(1, BenchmarkRun.rounds("JOIN_ROUNDS", 42, 42) / turns);
    return List.of(
        new Rounds(10, turns, rounds, turns, Math.min(rounds, 14)),
        new Rounds(1000, turns, rounds, 2, Math.min(rounds, 8)),
        new Rounds(5000, turns, rounds, 0, 0));
  }

  /** Joins and leaves are measured in one go. */
  private static void measureMembership(BenchmarkRun run) throws IOException {
    Path tsv = run.out("membership.tsv");
    Files.writeString(tsv, "");
    run.prepare(Map.of(), "balancer", "consul-template", "nginx");
    MeasurementRun.say("  joins and leaves take some %d minutes", minutes(run));
    for (Rounds of : rounds()) {
      measure(run, tsv, "Membership", of.pool, of.turns, of.rounds, of.peersTurns, of.peersRounds);
    }
  }

  /** Roughly, on two quiet cores: starts, two rounds that warm up, and rests, in seconds. */
  private static long minutes(BenchmarkRun run) {
    int builds = baseJar().isEmpty() ? 1 : 2;
    int peers =
        3
            + (run.session().fact("CONSUL_TEMPLATE").isEmpty() ? 0 : 1)
            + (run.session().fact("NGINX_IMAGE").isEmpty() ? 0 : 1);
    double seconds = 0;
    for (Rounds of : rounds()) {
      double start = 4 + of.pool / 500.0;
      double change = of.pool / 8000.0;
      seconds += 5 + of.pool / 200.0;
      seconds += of.turns * builds * (start + (of.rounds + 2) * (1.6 + change));
      seconds += of.turns * (2 + (of.rounds + 2) * (0.9 + change));
      seconds += of.peersTurns * (peers * start + (of.peersRounds + 2) * (peers * 1.2 + 3.5));
    }
    return Math.max(1, Math.round(seconds / 60));
  }

  private static Samples membership(BenchmarkRun run) throws Exception {
    run.once("membership", BalancerBenchmarks::measureMembership);
    noteBuilds(run);
    notePeers(run);
    Samples samples = Samples.read(run.out("membership.tsv"), run.benchmark(), "");
    compareInPools(run.benchmark(), run.benchmark() + " at ", samples).forEach(run::compared);
    run.measured(tailsInPools(run.benchmark(), run.benchmark() + " at ", samples));
    run.measured(samples.distributions(run.benchmark(), "ms"));
    return samples;
  }

  /** The ends of names that tell pools apart, and the size of the pool as it is read. */
  private static Map<String, String> pools(Samples samples) {
    Map<String, String> pools = new LinkedHashMap<>();
    for (String name : samples.names()) {
      Matcher pool = POOL.matcher(name);
      if (pool.matches()) {
        pools.put(
            pool.group(1), String.format(Locale.ROOT, "%,d", Integer.parseInt(pool.group(2))));
      }
    }
    return pools;
  }

  /** What ours takes by others and others by ours, in each pool. */
  static List<Ratio> compareInPools(String benchmark, String what, Samples samples) {
    return pools(samples).entrySet().stream()
        .flatMap(
            pool -> compare(benchmark, what + pool.getValue(), samples, pool.getKey()).stream())
        .toList();
  }

  /**
   * What ours takes by the floor and by the build before, and what the peers take by ours.
   *
   * @param what the beginning of the ratio's name
   * @param end that of the names of samples which are compared with each other
   */
  static List<Ratio> compare(String benchmark, String what, Samples samples, String end) {
    List<Ratio> ratios = new ArrayList<>();
    for (String other : List.of(FLOOR, ASKED_FLOOR, BEFORE)) {
      samples
          .ratio(
              benchmark,
              "%s: %s by %s".formatted(what, OURS, by(other)),
              true,
              OURS + end,
              other + end)
          .ifPresent(ratios::add);
    }
    for (String name : samples.names()) {
      String who = name.endsWith(end) ? name.substring(0, name.length() - end.length()) : FLOOR;
      if (!who.startsWith(FLOOR) && !List.of(OURS, BEFORE).contains(who)) {
        samples
            .ratio(benchmark, "%s: %s by %s".formatted(what, who, OURS), false, name, OURS + end)
            .ifPresent(ratios::add);
      }
    }
    return ratios;
  }

  private static String by(String other) {
    return switch (other) {
      case FLOOR -> "the floor";
      case ASKED_FLOOR -> "the floor while the site is asked";
      default -> other;
    };
  }

  /** The same of 99th percentiles; the floor has its median for all of them. */
  static List<Figure> tailsInPools(String benchmark, String what, Samples samples) {
    return pools(samples).entrySet().stream()
        .flatMap(pool -> tails(benchmark, what + pool.getValue(), samples, pool.getKey()).stream())
        .toList();
  }

  static List<Figure> tails(String benchmark, String what, Samples samples, String end) {
    List<Figure> figures = new ArrayList<>();
    double ours = samples.tail(OURS + end);
    if (ours > 0 && samples.median(FLOOR + end) > 0) {
      String name = "%s: p99 of %s by the floor's median".formatted(what, OURS);
      figures.add(Ratio.figure(benchmark, name, ours / samples.median(FLOOR + end)));
    }
    if (ours > 0 && samples.tail(BEFORE + end) > 0) {
      String name = "%s: p99 of %s by that of %s".formatted(what, OURS, BEFORE);
      figures.add(Ratio.figure(benchmark, name, ours / samples.tail(BEFORE + end)));
    }
    return figures;
  }

  private static void burst(BenchmarkRun run) throws IOException {
    Path tsv = run.out("burst.tsv");
    Files.writeString(tsv, "");
    measure(
        run, tsv, "Burst", BenchmarkRun.rounds(4, 1), BenchmarkRun.rounds("BURST_ROUNDS", 10, 2));
    noteBuilds(run);
    notePeers(run);
    run.note(
        "the floor of a burst is a plain client that registers all over four connections, until it"
            + " has read an answer with all of them: Consul's part alone");
    String end = ", 100 joins";
    Samples times = Samples.read(tsv, "time", "");
    Samples registered = Samples.read(tsv, "registered", "");
    if (!times.values(OURS + end).isEmpty() && !registered.values(OURS + end).isEmpty()) {
      run.compared(
          new Ratio(
              run.benchmark(),
              "burst: %s by the time until Consul has registered all".formatted(OURS),
              true,
              times.values(OURS + end),
              registered.values(OURS + end)));
    }
    compare(run.benchmark(), "burst", times, end).forEach(run::compared);
    run.measured(tails(run.benchmark(), "burst", times, end));
    distributions(run, tsv, "time", "ms", "");
    distributions(run, tsv, "registered", "ms", "until Consul has registered all, ");
    distributions(run, tsv, "changes", "changes", "changes of HAProxy by ");
  }

  private static void growth(BenchmarkRun run) throws IOException {
    Path tsv = run.out("growth.tsv");
    List<Integer> pools = List.of(10, 1000, 5000);
    Files.writeString(tsv, "");
    for (int pool : pools) {
      measure(
          run,
          tsv,
          "Growth",
          pool,
          BenchmarkRun.rounds(20, 4),
          BenchmarkRun.rounds(20, 4),
          BenchmarkRun.rounds(2, 1),
          "others");
    }
    noteBuilds(run);
    Map<String, String> kinds = new LinkedHashMap<>();
    kinds.put("time", "join at ");
    kinds.put("CPU", "CPU of a change at ");
    kinds.put("resident", "resident memory at ");
    kinds.put("read", "read from Consul for a change at ");
    kinds.put("idle", "CPU when idle at ");
    kinds.forEach(
        (kind, what) ->
            compareInPools(run.benchmark(), what, Samples.read(tsv, kind, ""))
                .forEach(run::compared));
    run.measured(tailsInPools(run.benchmark(), "join at ", Samples.read(tsv, "time", "")));
    distributions(run, tsv, "time", "ms", "join, ");
    medians(run, tsv, "CPU", "ms", "CPU of a change, ");
    medians(run, tsv, "read", "KiB", "read from Consul for a change, ");
    medians(run, tsv, "resident", "MiB", "resident memory, ");
    medians(run, tsv, "idle", "% of a core", "idle, ");
    Samples cpu = Samples.read(tsv, "CPU", "");
    Map<String, List<Double>> lines = new LinkedHashMap<>();
    for (String name : cpu.names()) {
      lines
          .computeIfAbsent(name.substring(0, name.lastIndexOf(", ")), ignored -> new ArrayList<>())
          .add(cpu.median(name));
    }
    Plot.write(run.out("growth.svg"), "CPU of lb-renderer for one change, ms", pools, lines);
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
              BenchmarkRun.rounds(10, 2),
              1,
              "ours");
        }
      }
      for (String name : images.keySet()) {
        Path tsv = run.out("consul-%s-%d.tsv".formatted(name.substring(7), pool));
        Samples times = Samples.read(tsv, "time", name + ", join, ");
        run.measured(times.distributions(run.benchmark(), "ms"));
        rounds.add(times.names().stream().flatMap(who -> times.values(who).stream()).toList());
        medians(run, tsv, "CPU", "ms", name + ", CPU of a change, ");
        medians(run, tsv, "read", "KiB", name + ", read from Consul for a change, ");
      }
      String ratio = "join by that on the old Consul, %d servers".formatted(pool);
      run.compared(new Ratio(run.benchmark(), ratio, true, rounds.get(0), rounds.get(1)));
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
        List.of(
            Ratio.figure(
                run.benchmark(),
                "p99 while they come and go, by that of the calm",
                tails.get(1) / tails.get(0))));
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
      String name = who.equals("ours") ? OURS : peer + ", haproxy -sf";
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

  /** The same as medians alone. */
  private static void medians(BenchmarkRun run, Path tsv, String kind, String unit, String words) {
    run.measured(Samples.read(tsv, kind, words).medians(run.benchmark(), unit, ignored -> true));
  }

  /** What was measured once. */
  private static void once(BenchmarkRun run, Path tsv, String kind, String unit, String words) {
    Samples.lines(tsv).stream()
        .filter(line -> line[2].equals(kind))
        .forEach(line -> run.measured(words + line[0], line[1], unit));
  }

  /** One of the programs against a Consul of its own; its samples are appended to the file. */
  static void measure(BenchmarkRun run, Path tsv, String program, Object... arguments)
      throws IOException {
    measureOn(run, run.session().fact("CONSUL_IMAGE"), tsv, program, arguments);
  }

  static void measureOn(
      BenchmarkRun run, String consulImage, Path tsv, String program, Object... arguments)
      throws IOException {
    run.prepare(Map.of(), "balancer", "consul-template", "nginx");
    Path target = run.session().root().resolve("lb-renderer/target");
    String options = ownOptions(run);
    List<String> words =
        new ArrayList<>(
            List.of(
                "-Xmx512m",
                // The JDK's HTTP server sends an answer in two parts, the second of which waits
                // 40 ms on a kept connection without it.
                "-Dsun.net.httpserver.nodelay=true",
                "-Dlb-renderer.jar=" + target.resolve("lb-renderer.jar"),
                "-Dlb-renderer.options=" + options,
                "-Dlb-renderer.image=" + WebBenchmark.image("lb-renderer", WebBenchmark.ARCHIVE),
                "-Dbase.jar=" + baseJar(),
                "-Dbase.options=" + MeasurementRun.environment("BASE_JAVA_OPTIONS", options),
                "-Dbase.image=" + WebBenchmark.before("lb-renderer"),
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

  /** Another build of lb-renderer, which takes turns with ours; empty if there is none. */
  static String baseJar() {
    return MeasurementRun.environment("BASE_JAR", "");
  }

  /** What lb-renderer's package gives to Java. */
  private static String ownOptions(BenchmarkRun run) throws IOException {
    Matcher options =
        Pattern.compile("<java.options>([^<]*)</java.options>")
            .matcher(Files.readString(run.session().root().resolve("lb-renderer/pom.xml")));
    if (!options.find()) {
      throw new IOException("lb-renderer/pom.xml has no java.options");
    }
    return options.group(1);
  }

  /** What the floor is, and which build is compared with ours. */
  static void noteBuilds(BenchmarkRun run) throws IOException {
    run.note(
        "floor: a plain client's register or deregister until it has read the whole answer of its"
            + " kept blocking query, and HAProxy's commands of that change through its master, by the"
            + " fastest way of those in the table; in turn with the others, on the same"
            + " Consul and pool");
    if (!baseJar().isEmpty()) {
      run.note(
          "the build before is another lb-renderer.jar (BASE_JAR), started with %s; ours with %s"
              .formatted(
                  MeasurementRun.environment("BASE_JAVA_OPTIONS", ownOptions(run)),
                  ownOptions(run)));
    }
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
              + ", which waits for no quiet (no -wait): it runs haproxy -f FILE -sf $(pidof haproxy),"
              + " or sends reload to HAProxy's master and awaits the answer");
    }
    run.note(
        "server-template: SRV records over TCP, with \"timeout resolve\" and \"hold valid\" as in its"
            + " name, and \"hold obsolete 0s\"");
    String nginx = run.session().fact("NGINX_IMAGE");
    if (nginx.isEmpty()) {
      run.leftOut("nginx", "Debian's package of sid can't be had");
    } else {
      String version =
          run.commands()
              .read("sh", "-c", "docker run --rm --entrypoint nginx \"$0\" -v 2>&1", nginx);
      run.note(
          version.replaceFirst("^nginx version: ", "")
              + ": \"server … service=web resolve\" with \"resolver … valid=1s\", the shortest there"
              + " is; it asks over TCP, as Consul says over UDP that there is more (enable_truncate)");
    }
    run.leftOut(
        "fabio and HAProxy's Data Plane API", "the Go module proxy does not have their modules");
    run.leftOut(
        "Traefik", "its module (3.7) needs three others that the Go module proxy does not have");
    run.leftOut("EasyHAProxy", "it follows Docker, Swarm and Kubernetes, not Consul");
  }
}
