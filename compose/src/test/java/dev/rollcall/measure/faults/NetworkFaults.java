package dev.rollcall.measure.faults;

import java.util.ArrayList;
import java.util.List;

/** Networks that lose packets. */
final class NetworkFaults {
  private static final int TTL_SECONDS = 15;

  /** A node sends a heartbeat every 5 s, so Consul misses none before 9 s. */
  private static final int FIRST_CRITICAL_SECONDS = 8;

  private NetworkFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
                "cut",
                "the network between a node and Consul cut for 30 s, and healed",
                NetworkFaults::cut)
            .needing("packet-filter"),
        Fault.lossless(
                "apart",
                "the network between lb-renderer and Consul cut; a node joins meanwhile; healed",
                NetworkFaults::apart)
            .needing("packet-filter"));
  }

  private static void cut(FaultRun run) {
    String node = run.oldest();
    String consul = run.system.address(run.system.container("consul"));
    drop(run, node, consul, "-I");
    run.startTimer();
    run.expectFor(
        FIRST_CRITICAL_SECONDS,
        "in the pool for " + FIRST_CRITICAL_SECONDS + " s more",
        run::poolIsRight);
    run.except(node);
    run.awaitPool(TTL_SECONDS + 3, "out");
    run.sleep(30 - TTL_SECONDS);
    drop(run, node, consul, "-D");
    run.except("");
    run.startTimer();
    // Two heartbeats, a tenth of each, and a second try at a connection.
    run.awaitPool(2 * TTL_SECONDS / 3 + 1, "back");
    run.expectNeverBelow(2);
  }

  private static void apart(FaultRun run) {
    SystemUnderTest system = run.system;
    String renderer = system.container("lb-renderer");
    String consul = system.address(system.container("consul"));
    drop(run, renderer, consul, "-I");
    run.nodesAlone(4);
    run.awaitFourthNode();
    run.except(run.youngest());
    run.expectWithin(
        // Every 3 s Consul's leader is asked for a sign, which may take 5 s; as much again to
        // spare.
        15,
        "/status says within 15 s that Consul does not answer",
        () -> system.status().contains("service web may be out of date: Consul does not answer"));
    run.expectFor(10, "pool kept", run::poolIsRight);
    drop(run, renderer, consul, "-D");
    run.except("");
    run.startTimer();
    run.awaitPool(15, "with the node that joined");
    run.expectWithin(15, "degraded no more", system::isWhole);
    run.expectNeverBelow(3);
  }

  /**
   * Packets between the two vanish ({@code -I}), both ways, also those of connections that are
   * open: these hang, and nobody is told. And they pass again ({@code -D}).
   */
  private static void drop(FaultRun run, String container, String address, String how) {
    filter(run, container, List.of(how, "INPUT", "-s", address, "-j", "DROP"));
    filter(run, container, List.of(how, "OUTPUT", "-d", address, "-j", "DROP"));
  }

  /** {@code iptables} in the container's own network, so that nobody else's packets count. */
  static void filter(FaultRun run, String container, List<String> rule) {
    String pid = run.system.inspect(container, "{{.State.Pid}}");
    List<String> words =
        new ArrayList<>(List.of("nsenter", "-t", pid, "-n", "iptables", "-w", "10"));
    words.addAll(rule);
    run.step(words);
  }
}
