package dev.rollcall.system;

import static dev.rollcall.system.Command.docker;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What runs is brought up to date by {@code compose/up} while it serves. */
class RolloutIT {
  private static final String TAG = "rollout-test";
  private static final String NODE = "rollcall/web-node:" + TAG;
  private static final String BUILT = "rollcall/web-node:" + Stack.builtTag();
  private static final int EXIT_ROLLOUT = 6;

  private static final Stack stack =
      new Stack("rollcall-rollout-test", Map.of("ROLLCALL_TAG", TAG));

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void tag() {
    docker("tag", BUILT, NODE);
    docker("tag", "rollcall/lb-renderer:" + Stack.builtTag(), "rollcall/lb-renderer:" + TAG);
  }

  /** Of whichever image the test before has made. */
  @BeforeEach
  void threeNodes() {
    stack.up(3);
  }

  @AfterAll
  static void forget() {
    stack.close();
    docker("image", "rm", "-f", NODE, "rollcall/lb-renderer:" + TAG);
  }

  @Test
  void aNewImageUnderLoadLosesNoRequestAndNeverHasFewerNodes() throws Exception {
    final List<String> before = stack.containers("web-node");
    final String balancer = stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}");
    final String image = build("LABEL dev.rollcall.rollout=" + System.nanoTime());

    Command.Finished up;
    try (UpServersMonitor servers = UpServersMonitor.of(stack);
        SteadyClients load = SteadyClients.on(stack.site())) {
      up = stack.up(3);
      load.assertNoneFailed();
      assertThat(servers.fewest()).isGreaterThanOrEqualTo(3);
    }

    assertThat(up.out()).contains("3 nodes have another image", "0 of 3 replaced");
    assertThat(stack.containers("web-node"))
        .hasSize(3)
        .doesNotContainAnyElementsOf(before)
        .allSatisfy(id -> assertThat(stack.inspectId(id, "{{.Image}}")).isEqualTo(image));
    assertThat(stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}")).isEqualTo(balancer);
  }

  @Test
  void anImageThatNeverServesStopsAndTheNextRunGoesOn() throws Exception {
    final List<String> before = stack.containers("web-node");
    build("ENTRYPOINT [\"sleep\", \"3600\"]");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      Command.Finished up =
          stack.command("compose/up", "3", "--no-build").with(Map.of("ROLLOUT_LIMIT", "10")).run();
      load.assertNoneFailed();
      assertThat(up.exit()).as("%s", up).isEqualTo(EXIT_ROLLOUT);
      assertThat(up.err()).contains("3 nodes serve on", "docker logs rollcall-rollout-test-web-");
    }
    assertThat(stack.containers("web-node")).containsExactlyInAnyOrderElementsOf(before);

    String image = build("LABEL dev.rollcall.rollout=" + System.nanoTime());
    stack.up(3);

    assertThat(stack.containers("web-node"))
        .hasSize(3)
        .allSatisfy(id -> assertThat(stack.inspectId(id, "{{.Image}}")).isEqualTo(image));
  }

  @Test
  void aTemplateOfItsOwnReplacesLbRendererAloneAndLosesNoRequest() throws Exception {
    final String renderer = stack.inspect("lb-renderer", "{{.Id}}");
    final String balancer = stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}");
    final List<String> nodes = stack.containers("web-node");
    Map<String, String> template = Map.of("TEMPLATE", "/templates/web-and-tcp.mustache");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack.command("compose/up", "3", "--no-build").with(template).run().orFail();
      // Back again, by Compose alone.
      stack.compose("up", "-d", "--scale", "web-node=3").run().orFail();
      stack.up(3);
      load.assertNoneFailed();
    }

    assertThat(stack.inspect("lb-renderer", "{{.Id}}")).isNotEqualTo(renderer);
    assertThat(stack.inspect("haproxy", "{{.Id}} {{.State.StartedAt}}")).isEqualTo(balancer);
    assertThat(stack.containers("web-node")).containsExactlyInAnyOrderElementsOf(nodes);
  }

  @Test
  void ofTooManyNodesThoseGoFirstThatDoNotServe() {
    List<String> nodes = stack.containers("web-node");
    String first =
        nodes.stream().min((a, b) -> Integer.compare(number(a), number(b))).orElseThrow();
    docker("kill", first);

    stack.up(2);

    assertThat(stack.containers("web-node")).hasSize(2).isSubsetOf(nodes).doesNotContain(first);
  }

  /** Compose has replaced what depends on a container together with it, so nothing does. */
  @Test
  void consulWithAnotherSettingReplacesNobodyElse() throws Exception {
    final String others = stack.runningSince("lb-renderer", "haproxy", "web-node");

    try (SteadyClients load = SteadyClients.on(stack.site())) {
      stack
          .compose("up", "-d", "--scale", "web-node=3")
          .with(Map.of("CONSUL_PORT", String.valueOf(Stack.freePort())))
          .run()
          .orFail();
      load.assertNoneFailed();
    }

    assertThat(stack.runningSince("lb-renderer", "haproxy", "web-node")).isEqualTo(others);
  }

  @Test
  void whatIsAsItShouldBeIsLeftAsItIs() {
    final String all = stack.runningSince("consul", "lb-renderer", "haproxy", "web-node");

    assertThat(stack.up(3).out()).contains("run as they should; none is replaced");

    assertThat(stack.runningSince("consul", "lb-renderer", "haproxy", "web-node")).isEqualTo(all);
  }

  private static int number(String container) {
    return Integer.parseInt(
        stack.inspectId(
            container, "{{index .Config.Labels \"com.docker.compose.container-number\"}}"));
  }

  /** Another image under the nodes' tag, made of the build's; returns its id. */
  private String build(String line) throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM " + BUILT + "\n" + line + "\n");
    docker("build", "-q", "-t", NODE, directory.toString());
    return docker("image", "inspect", "-f", "{{.Id}}", NODE);
  }
}
