package dev.rollcall.measure.bench;

import dev.rollcall.measure.MeasurementRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** lb-renderer: from process start until HAProxy serves the right pool. */
final class StartBenchmark extends WebBenchmark {
  StartBenchmark(BenchmarkRun run) {
    super(run);
  }

  @Override
  void measure() throws IOException {
    List<String> all = kinds("lb-renderer");
    commands().runOrFail(compose("stop", "lb-renderer"));
    List<Node> nodes = new ArrayList<>();
    for (int i = 1; i <= 2; i++) {
      List<String> words = BenchmarkRun.dockerRun("--network", project + "_default", "-m", "256m");
      words.addAll(
          List.of(
              "-e",
              "SERVICE_NAME=elsewhere-" + i,
              "-e",
              "CONSUL_HTTP_ADDR=http://consul:8500",
              "rollcall/web-node:" + TAG));
      nodes.add(new Node(run.start(words), 8080));
    }
    nodes.forEach(this::awaitHealth);
    Samples times = new Samples();
    Samples memory = new Samples();
    int rounds = BenchmarkRun.rounds(11, 2);
    int turn = 0;
    for (int round = 1; round <= rounds; round++) {
      for (String who : all) {
        Node node = switchInstance(nodes, turn++);
        long began = System.nanoTime();
        String renderer = startRenderer(who);
        awaitInPool(node);
        addStart(times, "cold, " + who, began, renderer);
        addMemory(memory, who, renderer);
        commands().runOrFail(List.of("docker", "kill", "-s", "KILL", renderer));
        commands().runOrFail(List.of("docker", "wait", renderer));
        node = switchInstance(nodes, turn++);
        began = System.nanoTime();
        commands().runOrFail(List.of("docker", "start", renderer));
        awaitInPool(node);
        addStart(times, "after a crash, " + who, began, renderer);
        run.remove(renderer);
      }
      MeasurementRun.say("  round %d of %d", round, rounds);
    }
    ratios(times, "cold, ", all);
    ratios(times, "after a crash, ", all);
    ratios(memory, "RSS when idle, ", all);
    run.measured(times.distributions(run.benchmark(), "s"));
    run.measured(memory.medians(run.benchmark(), "MiB", name -> true));
    run.note(
        "from docker run, or docker start after SIGKILL, until HAProxy, which ran on, sends a"
            + " request to the instance that has replaced the other one in Consul meanwhile");
  }

  private void addStart(Samples times, String what, long began, String renderer) {
    times.add(what, secondsSince(began));
    times.add("processor time until then, " + what, run.cpuSeconds(renderer));
  }

  /** Consul has the other of two nodes as the only instance of web. */
  private Node switchInstance(List<Node> nodes, int turn) {
    Node next = nodes.get(turn % 2);
    Node old = nodes.get(1 - turn % 2);
    String api = "http://127.0.0.1:" + environment.get("CONSUL_PORT") + "/v1/agent/service/";
    String body =
        "{\"Name\": \"web\", \"ID\": \"%s\", \"Address\": \"%s\", \"Port\": 8080}"
            .formatted(next.container(), address(next.container()));
    put(api + "register", body);
    if (turn > 0) {
      put(api + "deregister/" + old.container(), "");
    }
    return next;
  }

  private void put(String url, String body) {
    commands().runOrFail(List.of("curl", "-sf", "--max-time", "5", "-X", "PUT", "-d", body, url));
  }

  /** lb-renderer as compose.yml has it, on the volumes of the system's. */
  private String startRenderer(String who) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("CONSUL_HTTP_ADDR", "http://consul:8500");
    variables.put("STATS_USER", run.session().fact("STATS_USER"));
    variables.put("STATS_PASSWORD", run.session().fact("STATS_PASSWORD"));
    List<String> words =
        BenchmarkRun.dockerRun(
            "--network",
            project + "_default",
            "-m",
            "256m",
            "--read-only",
            "--tmpfs",
            "/tmp",
            "--cap-drop",
            "ALL",
            "--user",
            "10002:99",
            "--group-add",
            "0",
            "-v",
            project + "_haproxy-config:/etc/rollcall",
            "--mount",
            "type=volume,source=" + project + "_haproxy-run,target=/run/haproxy,volume-nocopy");
    variables.forEach((name, value) -> words.addAll(List.of("-e", name + "=" + value)));
    words.addAll(
        List.of(
            image("lb-renderer", who),
            "--output=/etc/rollcall/haproxy.cfg",
            "--master-socket=/run/haproxy/master.sock"));
    return run.start(words);
  }
}
