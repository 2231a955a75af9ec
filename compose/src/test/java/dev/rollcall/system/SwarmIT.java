package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * {@code compose/stack.yml} on three machines, as {@code compose/swarm} makes them. They start once
 * for all tests, which wants root and network namespaces; the last test destroys one of them.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SwarmIT {
  private static final String NET = "198.18.201";
  private static final List<Integer> MACHINES = List.of(1, 2, 3);
  private static final String SERVICE = "rollcall_web-node";
  private static final String IMAGE = "rollcall/web-node:" + Stack.builtTag();
  private static final String NEXT_IMAGE = "rollcall/web-node:swarm-test-next";
  private static final Duration SOON = Duration.ofSeconds(90);

  @BeforeAll
  static void up() {
    assumeTrue(
        Command.of("bash", "-c", "[ $(id -u) = 0 ] && unshare --net true").run().exit() == 0,
        "machines of namespaces want root");
    Map<String, String> environment = new HashMap<>(Stack.environmentOf("rollcall-swarm-test"));
    environment.put("HTTP_PORT", "80");
    swarm("up", "3", "--no-build").with(environment).run().orFail();
  }

  @AfterAll
  static void down() {
    swarm("down").run().orFail();
  }

  private static Command swarm(String... words) {
    return Command.of("compose/swarm").and(words).with(Map.of("SWARM_NET", NET));
  }

  /** What {@code docker} prints on that machine, without blanks around it. */
  private static String docker(int machine, String... words) {
    return swarm("docker", String.valueOf(machine)).and(words).output();
  }

  private static Site site(int machine) {
    return new Site(URI.create("http://" + host(machine) + "/"));
  }

  private static String host(int machine) {
    return NET + ".1" + machine;
  }

  /** The host names of the nodes that run on these machines. */
  private static Set<String> nodes(List<Integer> machines) {
    Set<String> names = new TreeSet<>();
    for (int machine : machines) {
      docker(machine, "ps", "--filter", "name=" + SERVICE, "--format", "{{.ID}}")
          .lines()
          .forEach(names::add);
    }
    return names;
  }

  private static void awaitNodes(int count, List<Integer> machines) {
    for (int machine : machines) {
      await()
          .atMost(SOON)
          .until(
              () -> {
                Set<String> nodes = nodes(machines);
                return nodes.size() == count && site(machine).names(3 * count).equals(nodes);
              });
    }
  }

  /** What runs as this service on that machine. */
  private static String container(int machine, String service) {
    String name = "name=rollcall_" + service + "[.]";
    return docker(machine, "ps", "-q", "--filter", name).lines().findFirst().orElseThrow();
  }

  /** The instances that the machine's HAProxy calls up, by lb-renderer's word. */
  private static Set<String> up(int machine) {
    String ask =
        "exec 3<>/dev/tcp/127.0.0.1/8404; printf 'GET /live HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    String answer = docker(machine, "exec", container(machine, "lb-renderer"), "bash", "-c", ask);
    Set<String> up = new TreeSet<>();
    collectUp(JsonParser.parseString(answer.substring(answer.indexOf('{'))), up);
    return up;
  }

  private static void collectUp(JsonElement element, Set<String> up) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(each -> collectUp(each, up));
    } else if (element.isJsonObject()) {
      var object = element.getAsJsonObject();
      if (object.has("state")
          && object.has("name")
          && "UP".equals(object.get("state").getAsString())) {
        up.add(object.get("name").getAsString());
      }
      object.entrySet().forEach(each -> collectUp(each.getValue(), up));
    }
  }

  @Test
  @Order(1)
  void aRequestReachesEveryNodeThroughEachBalancer() {
    awaitNodes(3, MACHINES);
    assertThat(MACHINES).allSatisfy(machine -> assertThat(nodes(List.of(machine))).hasSize(1));
  }

  @Test
  @Order(2)
  void nothingButTheSiteAnswersFromOutside() throws IOException {
    for (int machine : MACHINES) {
      assertThat(isOpen(machine, 80)).isTrue();
      for (int port : List.of(8300, 8301, 8302, 8500, 8501, 8502, 8503, 8600, 8404, 9000, 8080)) {
        assertThat(isOpen(machine, port)).as("port %d of machine %d", port, machine).isFalse();
      }
    }
    String consul = container(1, "consul-agent");
    assertThat(docker(1, "port", consul)).isEmpty();
    assertThat(docker(1, "exec", consul, "consul", "members"))
        .contains("consul-machine-1", "consul-machine-2", "consul-machine-3");
  }

  private static boolean isOpen(int machine, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host(machine), port), 2000);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  @Test
  @Order(3)
  void everyContainerHasNoRightsAndAFileSystemThatIsReadOnly() {
    for (String service : List.of("consul", "consul-agent", "lb-renderer", "haproxy", "web-node")) {
      String id = container(1, service);
      assertThat(
              docker(
                  1,
                  "inspect",
                  "-f",
                  "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Memory}}",
                  id))
          .as(service)
          .isEqualTo("true [ALL] 268435456");
      assertThat(docker(1, "exec", id, "cat", "/proc/1/status"))
          .as(service)
          .containsPattern("NoNewPrivs:\\s*1")
          .containsPattern("CapEff:\\s*0+\\s")
          .doesNotContainPattern("Uid:\\s*0\\s");
    }
  }

  @Test
  @Order(4)
  void theServiceScalesUpAndDownWithoutALostRequest() throws Exception {
    try (SteadyClients load = SteadyClients.on(site(1))) {
      docker(1, "service", "scale", SERVICE + "=5");
      awaitNodes(5, MACHINES);
      docker(1, "service", "scale", SERVICE + "=3");
      awaitNodes(3, MACHINES);
      load.assertNoneFailed();
    }
  }

  @Test
  @Order(5)
  void aNewImageUnderLoadLosesNoRequest() throws Exception {
    for (int machine : MACHINES) {
      docker(machine, "tag", IMAGE, NEXT_IMAGE);
    }
    final Set<String> before = nodes(MACHINES);
    try (SteadyClients load = SteadyClients.on(site(2))) {
      docker(
          1,
          "service",
          "update",
          "--detach=false",
          "--quiet",
          "--no-resolve-image",
          "--image",
          NEXT_IMAGE,
          SERVICE);
      awaitNodes(3, MACHINES);
      load.assertNoneFailed();
    }
    assertThat(nodes(MACHINES)).doesNotContainAnyElementsOf(before);
  }

  @Test
  @Order(6)
  void theOthersServeOnWhenTheMachineWithConsulsLeaderDies() throws Exception {
    // After an update one machine may have two nodes and another none; Swarm starts the next ones
    // where the fewest are.
    docker(1, "service", "scale", SERVICE + "=5");
    awaitNodes(5, MACHINES);
    final int dead = leader();
    final List<Integer> alive = MACHINES.stream().filter(machine -> machine != dead).toList();
    final Set<String> gone = instances(nodes(List.of(dead)));
    assertThat(gone).isNotEmpty();
    // What is on the dead machine waits for an answer that never comes, and is not counted.
    SteadyClients before = SteadyClients.on(site(alive.get(0)));
    try {
      swarm("kill", String.valueOf(dead)).run().orFail();
      for (int machine : alive) {
        await()
            .atMost(Duration.ofSeconds(10))
            .untilAsserted(
                () -> assertThat(up(machine)).isNotEmpty().doesNotContainAnyElementsOf(gone));
      }
    } finally {
      before.close();
    }
    try (SteadyClients load = SteadyClients.on(site(alive.get(0)))) {
      // Swarm starts as many nodes on the others, and they find their way into the catalog.
      awaitNodes(5, alive);
      load.assertNoneFailed();
    }
  }

  private static Set<String> instances(Set<String> hostNames) {
    Set<String> ids = new TreeSet<>();
    hostNames.forEach(name -> ids.add("web-" + name + "-8080"));
    return ids;
  }

  private static int leader() {
    String peers =
        docker(1, "exec", container(1, "consul-agent"), "consul", "operator", "raft", "list-peers");
    String line = peers.lines().filter(each -> each.contains(" leader ")).findFirst().orElseThrow();
    return Integer.parseInt(line.replaceFirst("consul-machine-(\\d).*", "$1"));
  }
}
