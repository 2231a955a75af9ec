package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Consul and lb-renderer gone for a while, and what Consul should not say. */
final class ConsulFaults {
  /** Two of a node's heartbeats, and a little for the agent to start. */
  private static final int HEARTBEATS_SECONDS = 15;

  private static final String WHOLE = "Consul whole again within " + HEARTBEATS_SECONDS + " s";
  private static final Pattern LEFT_OUT = Pattern.compile("left out instance (hostile-[a-z]+)");
  private static final Pattern HOSTILE = Pattern.compile("\"ID\": ?\"(hostile-[a-z]+)\"");

  private ConsulFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
            "consul", "Consul stopped for 60 s, and back with its data gone", ConsulFaults::consul),
        Fault.lossless("restart", "Consul restarted with its data gone", ConsulFaults::restart),
        Fault.lossless(
            "renderer",
            "lb-renderer killed (SIGKILL); a node joins meanwhile; started again",
            ConsulFaults::renderer),
        Fault.lossless(
            "hostile",
            "registrations in the same service that would break the configuration or point elsewhere",
            ConsulFaults::hostile));
  }

  private static void consul(FaultRun run) {
    run.compose("stop", "-t", "5", "consul");
    run.sleep(60);
    run.compose("start", "consul");
    run.startTimer();
    run.expectWithin(HEARTBEATS_SECONDS, WHOLE, () -> run.system.passing() >= 3);
    run.awaitPool(HEARTBEATS_SECONDS);
    run.expectNeverBelow(3);
  }

  private static void restart(FaultRun run) {
    run.startTimer();
    run.compose("restart", "-t", "5", "consul");
    run.expectWithin(HEARTBEATS_SECONDS, WHOLE, () -> run.system.passing() >= 3);
    run.awaitPool(2 * HEARTBEATS_SECONDS);
    run.expectNeverBelow(3);
  }

  private static void renderer(FaultRun run) {
    run.docker("kill", run.system.container("lb-renderer"));
    run.nodesAlone(4);
    Waiting.until(60, () -> run.system.passing() >= 4);
    run.startTimer();
    run.compose("start", "lb-renderer");
    run.awaitPool(10, "with the node that joined");
  }

  private static void hostile(FaultRun run) {
    SystemUnderTest system = run.system;
    system.register("hostile-line", "198.18.0.9:80\n  server x 198.18.0.9", 80);
    system.register("hostile-word", "198.18.0.9 backup", 80);
    system.register("hostile-socket", "/run/haproxy/master.sock", 80);
    system.register("hostile-port", "198.18.0.9", 0);
    system.register("hostile-hash", "198.18.0.9#", 80);
    run.startTimer();
    // Consul itself refuses some of them.
    int taken = found(HOSTILE, system.consulAnswer("/v1/agent/services"));
    run.expectWithin(
        10, taken + " of 5 taken by Consul, each named as left out", () -> named(system) == taken);
    run.startTimer();
    run.awaitPool(5);
    for (String id : List.of("line", "word", "socket", "port", "hash")) {
      system.consul("PUT", "/v1/agent/service/deregister/hostile-" + id, null);
    }
  }

  private static int named(SystemUnderTest system) {
    return found(LEFT_OUT, system.output("logs", "--no-log-prefix", "--no-color", "lb-renderer"));
  }

  private static int found(Pattern pattern, String text) {
    TreeSet<String> found = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(matcher.group(1));
    }
    return found.size();
  }
}
