package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Consul as a cluster of three servers, for as long as it takes. */
final class ClusterFaults {
  private static final List<String> SERVERS = List.of("consul", "consul-2", "consul-3");
  private static final List<String> ONE_SERVER = List.of("consul");
  private static final String AGENT = "consul-agent";

  private final FaultRun run;
  private final SystemUnderTest system;
  private final List<Path> cluster;

  private ClusterFaults(FaultRun run) {
    this.run = run;
    system = run.system;
    cluster = List.of(system.session().measure().resolve("faults.d/cluster.yml"));
  }

  static List<Fault> all() {
    return List.of(
        Fault.lossless(
                "leader",
                "of three Consul servers the leader is killed (SIGKILL), which all use; a node joins"
                    + " meanwhile; started again",
                run -> new ClusterFaults(run).leader())
            .notInSoak(),
        Fault.lossless(
                "upgrade",
                "Consul gets a newer version: three servers, the leader last, then the client agent"
                    + " that all use; then a node joins",
                run -> new ClusterFaults(run).upgrade())
            .notInSoak()
            .needing("consul-old"));
  }

  private void leader() {
    begin();
    String leader = leaderBy("consul");
    String survivor = leader.equals("consul") ? "consul-2" : "consul";
    run.docker("kill", serverId(leader));
    run.expectWithin(
        15,
        "another leads within 15 s",
        () -> !leaderBy(survivor).isEmpty() && !leaderBy(survivor).equals(leader));
    run.expectWithin(30, "all pass by the others within 30 s", () -> passingBy(survivor) == 3);
    run.expectWithin(30, "lb-renderer is well within 30 s", system::isWhole);
    run.startTimer();
    run.awaitPool(5, "without the leader");
    compose(cluster, "up", "-d", "--no-recreate", "--no-deps", "--scale", "web-node=4", "web-node");
    run.startTimer();
    run.awaitPool(60, "with a node that joined");
    run.docker("start", serverId(leader));
    run.expectWithin(120, "three servers again within 120 s", () -> serversAreWhole(survivor));
    run.expectWithin(60, "each node passes once", () -> passingBy(survivor) == 4);
    run.startTimer();
    run.awaitPool(5, "started again");
    end();
    // The node whose heartbeat comes last may be missed for as long as that takes.
    run.expectNeverBelow(2);
  }

  private void upgrade() {
    String newer = system.session().fact("CONSUL_IMAGE");
    String older = system.session().fact("CONSUL_OLD_IMAGE");
    run.expect("from %s to %s".formatted(older, newer), !older.equals(newer));
    Stream.concat(SERVERS.stream(), Stream.of(AGENT)).forEach(each -> setImage(each, older));
    startServers();
    compose(cluster, "up", "-d", "--no-deps", AGENT);
    if (!Waiting.until(60, () -> hasLeader(AGENT))) {
      run.shortfall("the client agent knows no leader after 60 s");
    }
    use(Stream.concat(Stream.of(AGENT), SERVERS.stream()));
    run.expectWithin(
        30, "all nodes pass at the client agent within 30 s", () -> passingBy(AGENT) == 3);

    String leader = leaderBy("consul");
    List<String> leaderLast = new ArrayList<>(SERVERS);
    leaderLast.remove(leader);
    leaderLast.add(leader);
    leaderLast.forEach(server -> upgradeServer(server, newer));
    run.expect(
        "all three servers have the new version", SERVERS.stream().allMatch(this::isUpgraded));
    run.expectWithin(30, "all nodes still pass", () -> passingBy(AGENT) == 3);
    run.startTimer();
    run.awaitPool(5, "servers replaced");

    setImage(AGENT, newer);
    compose(cluster, "up", "-d", "--no-deps", AGENT);
    run.expectWithin(30, "each node passes once", () -> passingBy("consul") == 3);
    run.expect("the client agent has the new version", isUpgraded(AGENT));
    run.expectWithin(30, "lb-renderer is well within 30 s", system::isWhole);
    run.startTimer();
    run.awaitPool(5, "client agent replaced");
    compose(cluster, "up", "-d", "--no-recreate", "--no-deps", "--scale", "web-node=4", "web-node");
    run.startTimer();
    run.awaitPool(60, "with a node that joined");
    // The client agent takes its services along when it leaves: all but the last are let go.
    run.expectNeverBelow(1);
    end();
  }

  private void upgradeServer(String server, String image) {
    setImage(server, image);
    compose(cluster, "up", "-d", "--no-deps", server);
    if (!Waiting.until(120, () -> hasLeader(server) && serversAreWhole(server))) {
      run.shortfall("no three servers within 120 s after " + server + " was replaced");
    }
  }

  private void setImage(String service, String image) {
    String which = service.equals("consul") ? "1" : service.substring("consul-".length());
    system.set("CONSUL_" + which.toUpperCase(Locale.ROOT) + "_IMAGE", image);
  }

  private boolean isUpgraded(String service) {
    return system
        .inspect(serverId(service), "{{.Config.Image}}")
        .equals(system.session().fact("CONSUL_IMAGE"));
  }

  private boolean hasLeader(String service) {
    return ask(service, "/v1/status/leader").contains(":8300");
  }

  private void begin() {
    startServers();
    // The hard case: the agent that everybody prefers is the one that leads, and is lost.
    String leader = leaderBy("consul");
    use(Stream.concat(Stream.of(leader), SERVERS.stream().filter(name -> !name.equals(leader))));
  }

  private void startServers() {
    replaceConsul(cluster, SERVERS);
    if (!Waiting.until(60, () -> serversAreWhole("consul"))) {
      run.shortfall("no cluster of three servers within 60 s");
    }
    if (!Waiting.until(30, () -> system.passing() >= 3)) {
      run.shortfall("not all registered with the cluster within 30 s");
    }
    run.startTimer();
    run.awaitPool(5, "3 servers");
  }

  /** Nodes and lb-renderer speak with these from now on, the first of them where it answers. */
  private void use(Stream<String> agents) {
    system.set(
        "CONSUL_SERVERS",
        agents.map(name -> "http://" + name + ":8500").collect(Collectors.joining(",")));
    renew(cluster);
  }

  private void end() {
    system.set("CONSUL_SERVERS", "http://consul:8500");
    renew(List.of());
    replaceConsul(List.of(), ONE_SERVER);
    if (!Waiting.until(60, () -> system.passing() >= 4)) {
      run.shortfall("not all registered with the one Consul within 60 s");
    }
    run.startTimer();
    run.awaitPool(30, "1 server"); // of whom few are missing yet, the guard believes they are lost
  }

  /** lb-renderer and every node by new settings; no node leaves before the new ones serve. */
  private void renew(List<Path> overlays) {
    compose(overlays, "up", "-d", "--no-deps", "lb-renderer");
    if (!Waiting.until(30, system::isReady)) {
      run.shortfall("lb-renderer not ready after its settings changed");
    }
    List<String> old = system.nodes();
    int both = 2 * old.size();
    run.startTimer();
    compose(
        overlays,
        "up",
        "-d",
        "--no-recreate",
        "--no-deps",
        "--scale",
        "web-node=" + both,
        "web-node");
    run.awaitPool(90, both + " nodes");
    run.startTimer();
    docker(List.of("stop", "-t", "30"), old);
    docker(List.of("rm"), old);
    run.awaitPool(60, old.size() + " nodes");
  }

  /** All servers go, and others come, with no data. */
  private void replaceConsul(List<Path> overlays, List<String> servers) {
    compose(cluster, "rm", "-fsv", "consul", "consul-2", "consul-3", AGENT);
    List<String> words = new ArrayList<>(List.of("up", "-d", "--no-deps"));
    words.addAll(servers);
    compose(overlays, words.toArray(String[]::new));
  }

  private void compose(List<Path> overlays, String... words) {
    run.step(system.composeCommand(overlays, words));
  }

  private void docker(List<String> words, List<String> containers) {
    List<String> all = new ArrayList<>(words);
    all.addAll(containers);
    run.docker(all.toArray(String[]::new));
  }

  private String serverId(String server) {
    List<String> words = system.composeCommand(cluster, "ps", "-aq", server);
    return system.commands().call(words).lines().stream().findFirst().orElse("");
  }

  /** Asks the server itself: it may be any of the three that answers. */
  private String ask(String server, String path) {
    String address = system.address(serverId(server));
    return address.isEmpty()
        ? ""
        : system
            .get("http://" + address + ":8500" + path)
            .filter(answer -> answer.statusCode() == 200)
            .map(answer -> answer.body())
            .orElse("");
  }

  private boolean serversAreWhole(String server) {
    return ask(server, "/v1/operator/autopilot/health")
        .replace(" ", "")
        .contains("\"FailureTolerance\":1");
  }

  /** Which of the three leads, as that one sees it; an empty text if none does. */
  private String leaderBy(String server) {
    String leader = ask(server, "/v1/status/leader").replace("\"", "").strip();
    return SERVERS.stream()
        .filter(name -> leader.equals(system.address(serverId(name)) + ":8300"))
        .findFirst()
        .orElse("");
  }

  private int passingBy(String server) {
    return SystemUnderTest.instances(ask(server, "/v1/health/service/web?passing"));
  }
}
