package dev.rollcall.measure.faults;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Nodes that come and go as they should, and parts that are replaced. */
final class ScalingFaults {
  private ScalingFaults() {}

  static List<Fault> all() {
    return List.of(
        Fault.lossless("scale", "5 → 20 → 2 → 5 nodes, three times over", ScalingFaults::scale)
            .withNodes(5),
        Fault.lossless(
                "drain",
                "a node gets SIGTERM while requests that take 3 s are in flight on it",
                ScalingFaults::drain)
            .withSlowRequests(5),
        Fault.lossless(
            "rolling",
            "every node replaced by one of a new image, one after the other",
            ScalingFaults::rolling),
        Fault.lossless("update", "a new image of web-node, and compose/up", ScalingFaults::update)
            .withSlowRequests(5),
        Fault.lossless(
                "plain",
                "a new image of web-node, and the plain commands of Compose",
                ScalingFaults::plain)
            .withSlowRequests(5),
        Fault.lossless(
                "settings",
                "a setting of lb-renderer changed, and compose/up",
                ScalingFaults::settings)
            .withSlowRequests(5),
        Fault.lossless(
                "balancer", "a setting of HAProxy changed, and compose/up", ScalingFaults::balancer)
            .mayFail(Fault.ANY, Fault.ANY));
  }

  private static void scale(FaultRun run) {
    long reloads = run.system.reloads();
    for (int round = 1; round <= 3; round++) {
      for (int nodes : List.of(20, 2, 5)) {
        run.startTimer();
        run.compose("up", "-d", "--no-recreate", "--scale", "web-node=" + nodes);
        run.awaitPool(60, "%d nodes (%d)".formatted(nodes, round));
      }
    }
    run.expect("0 reloads", () -> run.system.reloads() == reloads);
  }

  private static void drain(FaultRun run) {
    String node = run.oldest();
    run.except(node);
    run.startTimer();
    CompletableFuture<Boolean> stopping =
        CompletableFuture.supplyAsync(() -> run.docker("stop", "-t", "30", node));
    run.awaitPool(3, "out");
    stopping.join();
    run.except("");
    run.expect("exit code 0", () -> run.endedInOrder(node));
    run.docker("start", node);
    run.startTimer();
    run.awaitPool(60, "back");
  }

  private static void rolling(FaultRun run) {
    run.useNextImage();
    List<String> old = run.system.nodes();
    run.startTimer();
    for (String node : old) {
      run.nodesAlone(old.size() + 1);
      run.awaitPool(60, "more");
      run.startTimer();
      run.remove(node);
      run.awaitPool(60, "less");
      run.startTimer();
    }
  }

  private static void update(FaultRun run) {
    String haproxy = run.system.container("haproxy");
    run.useNextImage();
    up(run, Map.of());
    run.startTimer();
    run.awaitPool(5);
    expectNextImage(run);
    run.expect("the same HAProxy", () -> run.system.container("haproxy").equals(haproxy));
    run.expectNeverBelow(3);
  }

  private static void plain(FaultRun run) {
    List<String> old = run.system.nodes();
    run.useNextImage();
    run.startTimer();
    run.compose("up", "-d", "--no-recreate", "--scale", "web-node=6");
    run.awaitPool(60, "old and new");
    for (String node : old) {
      run.docker("stop", node);
      run.docker("rm", node);
    }
    run.startTimer();
    run.awaitPool(5, "new alone");
    expectNextImage(run);
    run.expectNeverBelow(3);
  }

  private static void settings(FaultRun run) {
    String haproxy = run.system.container("haproxy");
    String renderer = run.system.container("lb-renderer");
    up(run, Map.of("TRIAL_SETTING", Long.toString(System.currentTimeMillis())));
    run.startTimer();
    run.awaitPool(5);
    run.expect("another lb-renderer", () -> !run.system.container("lb-renderer").equals(renderer));
    run.expect("the same HAProxy", () -> run.system.container("haproxy").equals(haproxy));
    run.expectNeverBelow(3);
  }

  private static void balancer(FaultRun run) {
    String haproxy = run.system.container("haproxy");
    up(run, Map.of("TRIAL_BALANCER", Long.toString(System.currentTimeMillis())));
    run.startTimer();
    run.awaitPool(5);
    run.expect("another HAProxy", () -> !run.system.container("haproxy").equals(haproxy));
  }

  /** {@code compose/up} on this copy, with one setting changed from now on. */
  private static void up(FaultRun run, Map<String, String> setting) {
    setting.forEach(run.system::set);
    run.system.set("ROLLCALL_OVERLAY", run.system.overlay().toString());
    run.step(List.of(run.system.session().compose().resolve("up").toString(), "3", "--no-build"));
  }

  private static void expectNextImage(FaultRun run) {
    String image =
        run.system
            .commands()
            .read("docker", "image", "inspect", "-f", "{{.Id}}", SystemUnderTest.nextImage());
    run.expect("every node of the new image", () -> run.images().equals(Set.of(image)));
  }
}
