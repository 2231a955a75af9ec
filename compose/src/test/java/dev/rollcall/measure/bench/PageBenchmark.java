package dev.rollcall.measure.bench;

import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** web-node: requests a second and a CPU second, directly and through HAProxy. */
final class PageBenchmark extends WebBenchmark {
  private static final List<Integer> CONNECTIONS = List.of(1, 32, 256);
  private static final List<String> PATHS = List.of("direct", "haproxy");

  PageBenchmark(BenchmarkRun run) {
    super(run);
  }

  @Override
  void measure() throws IOException {
    List<String> all = new ArrayList<>(List.of("web-node"));
    if (hasDemo("Apache and PHP")) {
      all.add(DEMO);
    }
    String haproxy = commands().readOrFail(compose("ps", "-q", "haproxy").toArray(String[]::new));
    Samples samples = new Samples();
    int rounds = BenchmarkRun.rounds(5, 1);
    for (int round = 1; round <= rounds; round++) {
      for (String who : all) {
        Node node = startNode(who);
        awaitInPool(node);
        for (String path : PATHS) {
          String url = path.equals("direct") ? url(node, "/") : "http://" + address(haproxy) + "/";
          wrk(32, BenchmarkRun.rounds(8, 3), url); // warm
          for (int connections : CONNECTIONS) {
            load(samples, who, path, connections, url, node, haproxy);
          }
        }
        stop(node);
      }
      MeasurementRun.say("  round %d of %d", round, rounds);
    }
    for (String unit : List.of("requests a second", "requests a CPU second")) {
      run.measured(samples.medians(run.benchmark(), "1/s", name -> name.startsWith(unit + ":")));
    }
    run.measured(samples.medians(run.benchmark(), "ms", name -> name.startsWith("p99")));
    run.measured(samples.medians(run.benchmark(), "%", name -> name.startsWith("HAProxy")));
    run.measured(samples.medians(run.benchmark(), "%", name -> name.startsWith("answers other")));
    run.measured(
        samples.medians(run.benchmark(), "errors", name -> name.startsWith("socket errors")));
    if (all.contains(DEMO)) {
      ratios(samples);
    }
    run.note(
        "wrk, one thread, keeps its connections, asks for / without an Accept header: one line of"
            + " plain text from either side. It runs on the same cores, as does HAProxy: requests a"
            + " second are of what it leaves, requests a CPU second are by the container's own"
            + " processor time");
  }

  private void ratios(Samples samples) {
    for (String path : PATHS) {
      for (int connections : CONNECTIONS) {
        String name = "requests a CPU second: %s, " + path + ", " + connections + " connections";
        ratio(samples, name.formatted("web-node"), name.formatted(DEMO));
      }
      String p99 = "p99: %s, " + path + ", 256 connections";
      ratio(samples, p99.formatted("web-node"), p99.formatted(DEMO));
    }
  }

  /**
   * One run of the load as samples; what web-node does not answer with 200 fails it. Of the peer it
   * is a figure: while requests take all of its workers, HAProxy's check fails, and takes it out.
   */
  private void load(
      Samples samples,
      String who,
      String path,
      int connections,
      String url,
      Node started,
      String haproxy) {
    String name = "%s, %s, %d connections".formatted(who, path, connections);
    String node = started.container();
    double own = run.cpuSeconds(node);
    double proxy = run.cpuSeconds(haproxy);
    WrkReport report = WrkReport.parse(wrk(connections, BenchmarkRun.rounds(5, 2), url));
    own = run.cpuSeconds(node) - own;
    proxy = run.cpuSeconds(haproxy) - proxy;
    if (report.badAnswers() > 0) {
      if (!who.equals(DEMO)) {
        throw new ExitException(
            ExitException.FAILED,
            "%s: %d answers were not 200".formatted(name, report.badAnswers()));
      }
      samples.add(
          "answers other than 200: " + name, 100.0 * report.badAnswers() / report.requests());
      awaitInPool(started);
      return;
    }
    samples.add("requests a second: " + name, report.rate());
    samples.add("requests a CPU second: " + name, (double) report.requests() / own);
    samples.add("p99: " + name, report.p99Millis());
    if (report.socketErrors() > 0) {
      samples.add("socket errors: " + name, (double) report.socketErrors());
    }
    if (path.equals("haproxy")) {
      samples.add("HAProxy's share of the processor time: " + name, proxy / (proxy + own) * 100);
    }
  }

  private String wrk(int connections, int seconds, String url) {
    return commands()
        .readOrFail(
            run.session().fact("WRK"),
            "-t",
            "1",
            "-c",
            Integer.toString(connections),
            "-d",
            Integer.toString(seconds),
            "--latency",
            url);
  }
}
