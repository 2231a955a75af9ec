package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Known secrets are set, and looked for wherever somebody might read along. */
@ExtendWith(StackExtension.class)
class SecretsIT {
  private static final String TOKEN = "5ec2e7-70ce9-f02-7415-7e57";

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @Test
  void thePasswordIsInNoLogAndOnNoPage(Stack stack) throws Exception {
    for (String service : List.of("consul", "haproxy", "lb-renderer", "web-node")) {
      for (String container : stack.containers(service)) {
        assertThat(stack.log(container))
            .as(service)
            .isNotBlank()
            .doesNotContain(Stack.STATS_PASSWORD);
      }
    }
    for (String path : List.of("/", "/status", "/metrics", "/live", "/readyz")) {
      assertThat(stack.status().get(path, "*/*").body())
          .as(path)
          .isNotBlank()
          .doesNotContain(Stack.STATS_PASSWORD);
    }
    assertThat(new Site(stack.stats()).get("/haproxy_stats", "*/*").body())
        .doesNotContain(Stack.STATS_PASSWORD);
  }

  @Test
  void theConfigurationAndItsBackupsAreForTheRendererAndHaproxyAlone(Stack stack) {
    String renderer = stack.containers("lb-renderer").get(0);
    List<String> files =
        stack
            .command(
                "docker",
                "exec",
                renderer,
                "sh",
                "-c",
                "stat -c '%a %n' /etc/rollcall/* /etc/rollcall/.[a-z]* 2>/dev/null || true")
            .run()
            .orFail()
            .lines();

    assertThat(files).anyMatch(file -> file.endsWith("/haproxy.cfg"));
    assertThat(files).allMatch(file -> file.matches("[0-7][0-7]0 .*"));
  }

  @Test
  void theTokenIsInNoLogWhetherConsulIsThereOrNot(Stack stack) {
    List<String> containers = new ArrayList<>();
    try {
      for (String service : List.of("web-node", "lb-renderer")) {
        for (String consul : List.of("http://consul:8500", "http://nobody:8500")) {
          containers.add(strangersWith(stack, service, consul));
        }
      }
      for (String container : containers) {
        await().atMost(Duration.ofSeconds(60)).until(() -> !stack.log(container).isBlank());
      }
      // The one without a Consul has failed more than once by now.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> stack.log(containers.get(1)).contains("nobody"));
      for (String container : containers) {
        assertThat(stack.log(container)).doesNotContain(TOKEN).doesNotContain(Stack.STATS_PASSWORD);
      }
    } finally {
      for (String container : containers) {
        stack.command("docker", "rm", "-f", container).run().orFail();
      }
    }
  }

  /** One more of a service, as nobody whom the others would meet. */
  private static String strangersWith(Stack stack, String service, String consul) {
    Command run =
        stack
            .compose("run", "--detach", "--no-deps", "--env", "CONSUL_HTTP_TOKEN=" + TOKEN)
            .and("--env", "CONSUL_HTTP_ADDR=" + consul, "--env", "SERVICE_NAME=stranger", service);
    if (service.equals("lb-renderer")) {
      run = run.and("--output=/tmp/haproxy.cfg", "--listen=127.0.0.1:8404");
    }
    List<String> lines = run.run().orFail().lines();
    return lines.get(lines.size() - 1);
  }

  @Test
  void noSecretIsInAMessageOfTheCommandLine() {
    Map<String, String> secrets =
        Map.of(
            "CONSUL_HTTP_TOKEN", TOKEN, "STATS_PASSWORD", Stack.STATS_PASSWORD + " with a blank");
    Command.Finished rendered =
        Command.java("lb-renderer/target/lb-renderer.jar")
            .and("render", "--wait-for-first=1")
            .with(secrets)
            .with(Map.of("CONSUL_HTTP_ADDR", "http://127.0.0.1:1"))
            .run();
    assertThat(rendered.exit()).isNotZero();
    assertThat(rendered.err())
        .isNotBlank()
        .doesNotContain(TOKEN)
        .doesNotContain(Stack.STATS_PASSWORD);
  }
}
