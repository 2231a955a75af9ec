package dev.rollcall.measure.swarm;

import static dev.rollcall.measure.swarm.SwarmSystem.MACHINES;
import static dev.rollcall.measure.swarm.SwarmSystem.NODES;

import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import dev.rollcall.measure.faults.Findings;
import dev.rollcall.measure.faults.PoolWatcher;
import dev.rollcall.measure.load.LoadRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One fault of the Swarm while it is done. A step that fails does not end it, but its row is not
 * kept. Used by one thread.
 */
final class SwarmRun extends Findings {
  private static final int AFTERWARDS_SECONDS = 10;
  private static final int CUT_SECONDS = 60;

  /** Consul calls an instance critical after so long without a heartbeat. */
  private static final int TTL_SECONDS = 15;

  /** No rolling update takes longer, even on a busy machine. */
  private static final Duration UPDATE_LIMIT = Duration.ofMinutes(9);

  private final SwarmSystem system;
  private final LoadRecord load;

  /** The machine whose balancer gets the load. */
  private final int balancer;

  private final PoolWatcher pool;

  SwarmRun(SwarmSystem system, LoadRecord load, int balancer) {
    this.system = system;
    this.load = load;
    this.balancer = balancer;
    pool =
        new PoolWatcher(
            load.directory(),
            // None: lb-renderer is away, on purpose.
            () -> Optional.of(system.up(balancer)).filter(servers -> !servers.isEmpty()));
  }

  /** Does it, and looks meanwhile which servers are up; they stand in {@code pool.tsv}. */
  void perform(SwarmFault fault) {
    pool.start();
    startTimer();
    try {
      fault.action().accept(this);
    } catch (RuntimeException failed) {
      if (Thread.currentThread().isInterrupted()) {
        throw failed;
      }
      shortfall("a step failed: " + failed);
    }
    Waiting.sleep(Duration.ofSeconds(AFTERWARDS_SECONDS));
    expect("and stayed so", () -> system.poolIsRight(balancer, MACHINES));
    pool.close();
  }

  // What is done

  void machine() {
    int dead = system.leader(balancer);
    List<Integer> alive = without(dead);
    final Set<String> gone = system.instances(List.of(dead));
    final int count = system.instances(MACHINES).size();
    startTimer();
    swarm("kill", dead);
    awaitOut(gone);
    final long out = System.currentTimeMillis();
    expectWithin(
        TTL_SECONDS,
        "out of Consul within " + TTL_SECONDS + " s",
        () -> {
          Set<String> passing = system.passing(balancer);
          return !passing.isEmpty() && Collections.disjoint(passing, gone);
        });
    expectWithin(120, "as many nodes as before within 120 s", () -> hasNodes(count, alive));
    int failed = load.failedSince(out);
    expect("no request failed that began once it was out (%d)".formatted(failed), failed == 0);
    startTimer();
    swarm("start", dead);
    expectWithin(180, "three servers vote again within 180 s", () -> system.voters(balancer) == 3);
    expectWithin(
        120,
        "its balancer serves again",
        () -> !system.curl(dead, "http://" + SwarmSystem.host(dead) + "/").isEmpty());
    awaitRight(180, "all balancers right after its return");
  }

  void partition() {
    int alone = system.leader(balancer);
    List<Integer> others = without(alone);
    final Set<String> gone = system.instances(List.of(alone));
    startTimer();
    swarm("cut", alone);
    awaitOut(gone);
    final long out = System.currentTimeMillis();
    expectWithin(
        30, "the lb-renderer that is cut off says so within 30 s", () -> system.isDegraded(alone));
    expectFor(
        CUT_SECONDS,
        "it goes on serving its own nodes",
        () -> !system.curl(alone, "http://" + SwarmSystem.host(alone) + "/").isEmpty());
    expectWithin(
        60,
        "the other balancers are right within 60 s",
        () -> system.poolIsRight(balancer, others));
    int failed = load.failedSince(out);
    expect("no request failed that began once it was out (%d)".formatted(failed), failed == 0);
    startTimer();
    swarm("heal", alone);
    expectWithin(180, "three servers vote again within 180 s", () -> system.voters(balancer) == 3);
    awaitRight(180, "all balancers right after healing");
    expectWithin(60, "nothing is wrong any more", () -> !system.isDegraded(alone));
  }

  void rolling() {
    int count = system.instances(MACHINES).size();
    String next = "rollcall/web-node:swarm-next";
    String image = system.images(MACHINES).iterator().next();
    MACHINES.forEach(machine -> docker(machine, "tag", image, next));
    update(NODES, "--update-parallelism", "2", "--image", next);
    startTimer();
    awaitRight(60, "all of the new image");
    expect("every node of the new image", () -> system.images(MACHINES).equals(Set.of(next)));
    expect("pool never below %d (%d)".formatted(count, pool.fewest()), pool.fewest() >= count);
  }

  void drained(List<Integer> machines) {
    int count = system.instances(MACHINES).size();
    for (int machine : machines) {
      startTimer();
      docker(balancer, "node", "update", "--availability", "drain", "machine-" + machine);
      expectWithin(120, "no node on machine " + machine, () -> hasNodes(count, without(machine)));
      awaitPool(
          60,
          "without machine " + machine,
          () -> system.poolIsRight(balancer, without(machine)),
          this::seen);
      docker(balancer, "node", "update", "--availability", "active", "machine-" + machine);
      expectWithin(180, "three servers vote again", () -> system.voters(balancer) == 3);
      startTimer();
      awaitRight(60, "with machine " + machine);
    }
  }

  /** Each Consul server is replaced by one of CONSUL_NEXT_IMAGE, or by one of the same image. */
  void upgradeServers() {
    String next = MeasurementRun.environment("CONSUL_NEXT_IMAGE", "");
    if (next.isEmpty()) {
      replace("consul", "--force");
    } else {
      system.load(next);
      replace("consul", "--image", next);
    }
  }

  /** Each Consul agent is replaced by a new one. */
  void replaceAgents() {
    replace("consul-agent", "--force");
  }

  private void replace(String service, String... words) {
    int count = system.instances(MACHINES).size();
    startTimer();
    update("rollcall_" + service, words);
    expectWithin(180, "three servers vote again", () -> system.voters(balancer) == 3);
    startTimer();
    awaitRight(30, "all replaced");
    expect("pool never below %d (%d)".formatted(count, pool.fewest()), pool.fewest() >= count);
  }

  void renderer() {
    int seconds = Integer.parseInt(MeasurementRun.environment("RENDERER_SECONDS", "600"));
    String renderer = "rollcall_lb-renderer";
    String elsewhere = "node.hostname!=machine-" + balancer;
    final List<Long> reloads = MACHINES.stream().map(system::reloads).toList();
    update(renderer, "--constraint-add", elsewhere);
    expectWithin(30, "away", () -> system.container(balancer, "lb-renderer").isEmpty());
    scale(6);
    Waiting.sleep(Duration.ofSeconds(seconds / 2));
    scale(4);
    Waiting.sleep(Duration.ofSeconds(seconds - seconds / 2));
    startTimer();
    update(renderer, "--constraint-rm", elsewhere);
    awaitRight(60, "back");
    List<Long> afterwards = MACHINES.stream().map(system::reloads).toList();
    expect("no reload (%s, %s)".formatted(reloads, afterwards), afterwards.equals(reloads));
  }

  void scale() {
    int many = Integer.parseInt(MeasurementRun.environment("SCALE_NODES", "50"));
    List<Long> reloads = MACHINES.stream().map(system::reloads).toList();
    for (int round = 1; round <= 3; round++) {
      for (int nodes : List.of(many, 5)) {
        startTimer();
        scale(nodes);
        awaitRight(nodes == 5 ? 60 : 240, nodes + " nodes (" + round + ")");
      }
    }
    expect("no reload", () -> MACHINES.stream().map(system::reloads).toList().equals(reloads));
  }

  // Steps

  private void swarm(String word, int machine) {
    if (!system.swarm(word, String.valueOf(machine))) {
      shortfall("compose/swarm %s %d failed".formatted(word, machine));
    }
  }

  private void docker(int machine, String... words) {
    List<String> command = SwarmSystem.docker(machine, words);
    if (!system.session().commands().within(UPDATE_LIMIT).run(command)) {
      shortfall("failed: " + String.join(" ", command));
    }
  }

  private void scale(int nodes) {
    docker(balancer, "service", "scale", "--detach=true", NODES + "=" + nodes);
    expectWithin(240, nodes + " nodes run", () -> hasNodes(nodes, MACHINES));
  }

  /** Returns when Swarm has converged. */
  private void update(String service, String... words) {
    List<String> all =
        new ArrayList<>(
            List.of("service", "update", "--detach=false", "--quiet", "--no-resolve-image"));
    all.addAll(List.of(words));
    all.add(service);
    docker(balancer, all.toArray(String[]::new));
    // Of a global service the command ends too soon.
    expectWithin(300, "updated", () -> system.isUpdated(balancer, service));
  }

  // What is found

  private static List<Integer> without(int machine) {
    return MACHINES.stream().filter(each -> each != machine).toList();
  }

  private boolean hasNodes(int count, List<Integer> machines) {
    return system.instances(machines).size() == count;
  }

  private void awaitOut(Set<String> gone) {
    awaitPool(
        3,
        "out",
        () -> {
          Set<String> servers = system.up(balancer);
          return !servers.isEmpty() && Collections.disjoint(servers, gone);
        },
        this::seen);
  }

  private void awaitRight(int limit, String word) {
    awaitPool(
        limit,
        word,
        () -> MACHINES.stream().allMatch(each -> system.poolIsRight(each, MACHINES)),
        this::seen);
  }

  private String seen() {
    return "up: %s - wanted: %s"
        .formatted(
            String.join(" ", system.up(balancer)), String.join(" ", system.instances(MACHINES)));
  }
}
