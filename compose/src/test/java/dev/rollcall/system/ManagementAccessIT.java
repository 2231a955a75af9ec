package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a published port nothing can be changed: not with the password of the statistics either. */
@ExtendWith(StackExtension.class)
class ManagementAccessIT {
  private static final String LISTENS = "0A";

  /** Where Docker's own name server listens in each container, as the kernel writes it. */
  private static final String DOCKERS_OWN = "0B00007F:";

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"maint", "drain", "stop", "dhlth", "shutdown"})
  void theStatisticsTakeNoAction(String action, Stack stack) throws Exception {
    String form =
        stack.hostNames().stream()
            .map(name -> "s=web-" + name + "-8080&")
            .collect(Collectors.joining("", "", "action=" + action + "&b=web"));

    Site statistics = stack.statistics();
    HttpResponse<String> answer =
        statistics.send(
            statistics
                .request("/haproxy_stats")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form)));

    assertThat(answer.statusCode()).as("%s", answer).isNotEqualTo(200);
    assertThat(answer.headers().firstValue("Location").orElse(""))
        .as("where HAProxy tells what it did")
        .doesNotContain("st=DONE");
    assertThat(statesOfServers(stack)).isNotEmpty().containsOnly("UP");
    assertThat(stack.site().names(10)).isEqualTo(stack.hostNames());
  }

  @Test
  void theStatisticsOfferNoAction(Stack stack) throws Exception {
    HttpResponse<String> page = stack.statistics().get("/haproxy_stats", "text/html");

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.body()).contains("web").doesNotContain("method=\"post\"", "name=\"action\"");
  }

  /** Asked of the kernel, in the network of each container. */
  @Test
  void noPortLeadsToHaproxysCommandsOrToAnythingUnknown(Stack stack) {
    assertThat(listening(stack, "haproxy")).containsExactly(80, 9000);
    assertThat(listening(stack, "lb-renderer")).containsExactly(8404);
    assertThat(listening(stack, "web-node")).containsExactly(8080);
  }

  @Test
  void noPortOfHaproxyTakesACommand(Stack stack) throws IOException {
    for (URI port : List.of(stack.site().address(), stack.stats())) {
      RawHttpClient.Answer answer =
          new RawHttpClient(port).ask("show info\nshow proc\n\n", Duration.ofSeconds(2));
      assertThat(answer.text()).startsWith("HTTP/1.1 400 ").doesNotContain("Uptime", "master");
    }
  }

  @Test
  void haproxysSocketsAreForTheRendererAlone(Stack stack) {
    assertThat(stack.inspect("web-node", "{{range .Mounts}}{{.Destination}} {{end}}"))
        .doesNotContain("rollcall", "haproxy");
    assertThat(stack.inspect("consul", "{{range .Mounts}}{{.Destination}} {{end}}"))
        .doesNotContain("rollcall", "haproxy");
    assertThat(
            in(
                stack,
                "haproxy",
                "stat",
                "-c",
                "%a %u %g",
                "/run/haproxy",
                "/run/haproxy/master.sock"))
        .containsExactly("750 99 99", "660 99 99");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/status", "/metrics", "/live", "/healthz", "/readyz", "/reload"})
  void theRenderersPortOnlyTells(String path, Stack stack) throws Exception {
    Site status = stack.status();
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS")) {
      HttpResponse<String> answer =
          status.send(status.request(path).method(method, BodyPublishers.ofString("x")));
      assertThat(answer.statusCode()).as("%s %s", method, path).isEqualTo(405);
    }
  }

  @Test
  void whatIsForTrialsIsNotThereUnlessAskedFor(Stack stack) throws Exception {
    Site site = stack.site();
    for (String path : List.of("/trial", "/trial?id=x", "/trial/unwell?for=1s")) {
      for (String method : List.of("GET", "POST")) {
        HttpRequest.Builder request = site.request(path).method(method, BodyPublishers.noBody());
        assertThat(site.send(request).statusCode()).as("%s %s", method, path).isEqualTo(404);
      }
    }
  }

  private static Set<String> statesOfServers(Stack stack) throws Exception {
    String csv = stack.statistics().get("/haproxy_stats;csv", "text/csv").body();
    Set<String> states = new TreeSet<>();
    for (String line : csv.lines().filter(line -> line.startsWith("web,web-")).toList()) {
      states.add(line.split(",", -1)[17]);
    }
    return states;
  }

  /** The TCP ports that a container's processes listen on. */
  private static Set<Integer> listening(Stack stack, String service) {
    Set<Integer> ports = new TreeSet<>();
    for (String line : in(stack, service, "cat", "/proc/net/tcp", "/proc/net/tcp6")) {
      String[] fields = line.strip().split(" +", -1);
      if (fields[3].equals(LISTENS) && !fields[1].startsWith(DOCKERS_OWN)) {
        ports.add(Integer.parseInt(fields[1].substring(fields[1].indexOf(':') + 1), 16));
      }
    }
    return ports;
  }

  private static List<String> in(Stack stack, String service, String... words) {
    return stack
        .command("docker", "exec", stack.containers(service).get(0))
        .and(words)
        .run()
        .orFail()
        .lines();
  }
}
