package dev.rollcall.measure.faults;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;

/** Nodes that break. */
final class NodeFaults {
  private NodeFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless("kill", "a node is killed (SIGKILL)", NodeFaults::kill)
            .mayFail(0, Fault.ANY),
        Fault.lossless(
                "freeze", "a node is stopped (SIGSTOP) for 20 s and continued", NodeFaults::freeze)
            .mayFail(Fault.ANY, Fault.ANY),
        Fault.lossless(
            "unwell", "a node answers 500 to its health check for 10 s", NodeFaults::unwell));
  }

  private static void kill(FaultRun run) {
    String node = run.oldest();
    run.startTimer();
    run.docker("kill", node);
    run.awaitPool(3, "out");
    run.docker("start", node);
    run.startTimer();
    run.awaitPool(60, "back");
  }

  private static void freeze(FaultRun run) {
    String node = run.oldest();
    run.except(node);
    run.startTimer();
    run.docker("kill", "-s", "STOP", node);
    run.awaitPool(3, "out");
    long out = System.currentTimeMillis();
    run.sleep(15); // more than the longest that a client waits: what hangs has failed by then
    run.except("");
    run.startTimer();
    run.docker("kill", "-s", "CONT", node);
    run.awaitPool(30, "back");
    run.expect("no request failed that began once it was out", () -> run.failedSince(out) == 0);
  }

  private static void unwell(FaultRun run) {
    String node = run.oldest();
    run.except(node);
    run.startTimer();
    URI unwell = URI.create("http://" + run.system.address(node) + ":8080/trial/unwell?for=10s");
    run.system.send(HttpRequest.newBuilder(unwell).POST(BodyPublishers.noBody()));
    run.awaitPool(5, "out");
    run.except("");
    run.startTimer();
    run.awaitPool(15, "back");
  }
}
