package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The system as {@code compose/up --secure} starts it: what {@code docs/how-to/secure.md} promises.
 */
class SecureIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Stack stack = new Stack("rollcall-test-secure");
  @TempDir private static Path directory = Path.of("");
  private static Caller operator = new Caller(Path.of(""));
  private static Caller node = new Caller(Path.of(""));
  private static Caller renderer = new Caller(Path.of(""));
  private static Caller anonymous = new Caller(Path.of(""));

  /** Somebody with a certificate, and with a token or without. */
  private record Caller(Path curl) {

    static Caller with(String name, String token) throws IOException {
      String own = Files.readString(stack.secrets().resolve("operator/curl"));
      String header = token.isEmpty() ? "" : "header = \"X-Consul-Token: " + token + "\"\n";
      String certificates = own.replaceAll("(?m)^header.*\\R", "");
      return new Caller(Files.writeString(directory.resolve(name), certificates + header));
    }

    String get(String path) {
      return ask("-X", "GET", at(path)).out();
    }

    String put(String path, String body) {
      return ask("-X", "PUT", "-d", body, at(path)).out();
    }

    private Command.Finished ask(String... words) {
      return stack
          .command("curl", "-sS", "--max-time", "10", "-K", curl.toString(), "-w", " %{http_code}")
          .and(words)
          .run()
          .orFail();
    }
  }

  private static String at(String path) {
    return "https://localhost:" + stack.consul("/").getPort() + path;
  }

  @BeforeAll
  static void up() throws IOException {
    stack.up(2, "--secure");
    operator = new Caller(stack.secrets().resolve("operator/curl"));
    node = Caller.with("node", secret("web-node", "token"));
    renderer = Caller.with("renderer", secret("lb-renderer", "token"));
    anonymous = Caller.with("anonymous", "");
  }

  @AfterAll
  static void down() {
    stack.close();
    assertThat(stack.secrets()).doesNotExist();
  }

  private static String secret(String service, String file) {
    String id = stack.containers(service).get(0);
    return stack.command("docker", "exec", id, "cat", "/run/rollcall/" + file).output();
  }

  @Test
  void theSiteIsServedByAllNodesAndScalesWithoutTheWordBeingSaidAgain() {
    stack.up(3);
    assertThat(stack.site().names(30)).hasSize(3).isEqualTo(stack.hostNames());
    assertThat(anonymous.get("/v1/catalog/services")).isEqualTo("{} 200");

    stack.up(2);
    assertThat(stack.site().names(20)).hasSize(2).isEqualTo(stack.hostNames());
  }

  @Test
  void consulIsNotSpokenWithInTheClearNorWithoutACertificate() throws Exception {
    HttpRequest clear =
        HttpRequest.newBuilder(stack.consul("/v1/catalog/services"))
            .timeout(Duration.ofSeconds(5))
            .build();
    assertThat(HttpClient.newHttpClient().send(clear, BodyHandlers.ofString()).statusCode())
        .isEqualTo(400);

    String ca = stack.secrets().resolve("operator/ca.pem").toString();
    Command nobody = stack.command("curl", "-sS", "--cacert", ca, at("/v1/catalog/services"));
    assertThat(nobody.run().err()).contains("alert");
    Command stranger = stack.command("curl", "-sS", at("/v1/catalog/services"));
    assertThat(stranger.run().exit()).as("the CA is nobody's but ours").isEqualTo(60);
  }

  @Test
  void whoHasNoTokenSeesAndDoesNothing() {
    assertThat(anonymous.get("/v1/catalog/nodes")).isEqualTo("[] 200");
    assertThat(anonymous.get("/v1/health/service/web")).isEqualTo("[] 200");
    assertThat(anonymous.get("/v1/agent/services")).isEqualTo("{} 200");
    assertThat(anonymous.put("/v1/agent/service/register", "{\"Name\": \"web\"}")).endsWith(" 403");
    assertThat(anonymous.put("/v1/agent/service/deregister/" + anInstance(), "")).endsWith(" 403");
    assertThat(stack.site().names(20)).isEqualTo(stack.hostNames());
  }

  @Test
  void aNodesTokenIsForItsOwnServiceAlone() {
    operator.put("/v1/agent/service/register", "{\"Name\": \"other\", \"Port\": 80}");
    assertThat(operator.get("/v1/health/service/other")).contains("\"other\"");

    assertThat(node.get("/v1/health/service/other")).isEqualTo("[] 200");
    assertThat(node.put("/v1/agent/service/register", "{\"Name\": \"x\"}")).endsWith(" 403");
    assertThat(node.put("/v1/agent/service/deregister/other", "")).endsWith(" 403");
    assertThat(node.get("/v1/kv/x")).endsWith(" 403");
    assertThat(node.get("/v1/acl/tokens")).endsWith(" 403");
    assertThat(operator.get("/v1/health/service/other")).contains("\"other\"");
    operator.put("/v1/agent/service/deregister/other", "");
  }

  @Test
  void theRenderersTokenReadsAndDoesNothing() {
    assertThat(renderer.get("/v1/health/service/web")).contains(anInstance());
    assertThat(renderer.put("/v1/agent/service/register", "{\"Name\": \"web\"}")).endsWith(" 403");
    assertThat(renderer.put("/v1/agent/service/deregister/" + anInstance(), "")).endsWith(" 403");
  }

  private static String anInstance() {
    return "web-" + stack.hostNames().iterator().next() + "-8080";
  }

  @Test
  void thePasswordOfTheStatisticsComesFromAFile() throws Exception {
    assertThat(stack.statistics().get("/haproxy_stats", "text/html").statusCode()).isEqualTo(200);
  }

  @Test
  void noSecretIsShownByTheEngineOrInALog() throws Exception {
    List<String> secrets = new ArrayList<>();
    secrets.add(Files.readString(stack.secrets().resolve("operator/token")).strip());
    secrets.add(Stack.STATS_PASSWORD);
    for (String service : List.of("web-node", "lb-renderer")) {
      secrets.add(secret(service, "token"));
      secrets.add(secret(service, "key.pem").lines().toList().get(1));
    }
    assertThat(secrets).allMatch(secret -> secret.length() > 10);

    for (String id : stack.containers()) {
      String told =
          stack.command("docker", "inspect", id).run().orFail().out()
              + stack.command("docker", "top", id, "-eo", "pid,args").run().orFail().out()
              + stack.command("docker", "logs", id).run().orFail();
      assertThat(secrets).noneMatch(told::contains);
    }
  }

  @Test
  void aRightThatIsTakenAwayIsSaidAndNothingIsLostAndItComesBack() throws Exception {
    stack.up(2);
    String web = rules("web-node");
    String lb = rules("lb-renderer");
    try (SteadyClients load = SteadyClients.on(stack.site())) {
      setRules("web-node", web.replace("write", "read"));
      setRules("lb-renderer", lb.replaceAll("service .*", ""));
      // A change wakes whoever waits for one.
      operator.put("/v1/agent/service/register", "{\"Name\": \"web\", \"ID\": \"new\"}");
      awaitLog("web-node", "heartbeat: 403 Permission denied", 1);
      awaitLog("lb-renderer", "query web: the token may not see what is there", 1);
      operator.put("/v1/agent/service/deregister/new", "");

      setRules("web-node", web);
      setRules("lb-renderer", lb);
      awaitLog("web-node", "Registration web-[^ ]*: well again", 1);
      awaitLog("lb-renderer", "Watch of web: well again", 1);
      // Each node heartbeats for itself: the log of one says nothing of the other.
      await().atMost(SOON).until(() -> stack.site().names(20).equals(stack.hostNames()));
      load.assertNoneFailed();
    }
  }

  private static void awaitLog(String service, String words, int times) {
    String id = stack.containers(service).get(0);
    await()
        .atMost(SOON)
        .until(
            () ->
                stack.command("docker", "logs", id).run().orFail().out().split(words, -1).length
                    > times);
  }

  private static JsonObject policy(String name) {
    String answer = operator.get("/v1/acl/policy/name/" + name);
    return JsonParser.parseString(answer.replaceAll(" 200$", "")).getAsJsonObject();
  }

  private static String rules(String name) {
    return policy(name).get("Rules").getAsString();
  }

  private static void setRules(String name, String rules) {
    JsonObject changed = policy(name);
    changed.addProperty("Rules", rules);
    String id = changed.get("ID").getAsString();
    assertThat(operator.put("/v1/acl/policy/" + id, changed.toString())).endsWith(" 200");
  }
}
