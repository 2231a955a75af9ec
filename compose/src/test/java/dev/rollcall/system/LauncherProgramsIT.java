package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs that know nothing of Consul, run by the launcher: each gets into the pool, serves, and
 * leaves it under load without a failed request.
 */
class LauncherProgramsIT {
  private static final String PROJECT = "rollcall-test-launcher";
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final Stack stack =
      new Stack(PROJECT, Map.of("TEMPLATE", "/templates/web-and-tcp.mustache"));
  private static String image = "";

  private final List<String> started = new ArrayList<>();

  @BeforeAll
  static void start() {
    image = LauncherImages.build("launcher-programs", "compose/src/test/resources/programs");
    stack.up(1);
  }

  @AfterAll
  static void end() {
    stack.close();
  }

  @AfterEach
  void remove() {
    started.forEach(container -> Command.docker("rm", "-f", container));
  }

  /** Under its name as a container, so that each has an id of its own in Consul. */
  private String run(String... words) {
    String container =
        Command.of("docker", "run", "-d", "--network", PROJECT + "_default")
            .and("-e", "CONSUL_HTTP_ADDR=http://consul:8500", image)
            .and(words)
            .output();
    started.add(container);
    return container;
  }

  private static String exitCode(String container) {
    return stack.inspectId(container, "{{.State.ExitCode}}");
  }

  @ParameterizedTest
  @CsvSource({
    "nginx, QUIT, nginx -c /srv/nginx.conf, 0",
    "node, TERM, node server.js, 0",
    "python, TERM, python3 server.py, 143",
    "gunicorn, TERM, gunicorn --workers 3 --bind :8080 --worker-tmp-dir /dev/shm app:app, 0",
  })
  void servesInThePoolAndLeavesItWithoutAFailedRequest(
      String answer, String stopSignal, String program, String exitCode) throws Exception {
    try (SteadyClients load = SteadyClients.on(stack.site())) {
      String container =
          run(
              ("--name web --port 8080 --check http:/health --stop-signal "
                      + stopSignal
                      + " -- "
                      + program)
                  .split(" "));
      await().atMost(SOON).until(() -> stack.site().names(6).contains(answer));

      // By any signal of the engine's: nginx's own image has QUIT.
      stack.command("docker", "stop", "--time", "60", container).run().orFail();

      await().atMost(SOON).until(() -> !stack.site().names(6).contains(answer));
      load.assertNoneFailed();
      assertThat(exitCode(container)).isEqualTo(exitCode);
    }
  }

  @Test
  void redisServesBehindATcpFrontendAndLeavesWithoutAFailedConnection() throws Exception {
    String redis =
        "--name redis --port 6379 -- redis-server --protected-mode no --save --bind 0.0.0.0";
    String first = run(redis.split(" "));
    String second = run(redis.split(" "));
    awaitPing(first);
    awaitPing(second);
    String asks = "until [ -e /tmp/stop ]; do redis-cli -h haproxy ping || echo lost; done";
    String clients =
        Command.of("docker", "run", "-d", "--network", PROJECT + "_default")
            .and("--entrypoint", "sh", image, "-c", asks)
            .output();
    started.add(clients);
    await().atMost(SOON).until(() -> stack.log(clients).lines().count() > 20);

    stack.command("docker", "stop", "--time", "60", first).run().orFail();
    long answered = stack.log(clients).lines().count();
    await().atMost(SOON).until(() -> stack.log(clients).lines().count() > answered + 20);

    assertThat(stack.log(clients).lines().distinct()).containsExactly("PONG");
    assertThat(exitCode(first)).isEqualTo("0");
    assertThat(exitCode(second)).as("runs on").isEqualTo("0");
  }

  /** Consul has it as passing, and it answers through the load balancer. */
  private static void awaitPing(String container) {
    await()
        .atMost(SOON)
        .until(
            () ->
                stack.log(container).contains("registered and passing")
                    && Command.of("docker", "exec", container, "redis-cli", "-h", "haproxy", "ping")
                            .run()
                            .exit()
                        == 0);
  }
}
