package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.test.ConsulContainer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent that lets nobody do anything without a token. */
@Tag("every-consul")
class AclIT {

  private static final Duration AWHILE = Duration.ofSeconds(30);
  private static final ConsulContainer agent =
      new ConsulContainer("-dev")
          .configured(
              """
              {"acl":{"enabled":true,"default_policy":"deny","down_policy":"deny",\
              "token_ttl":"1s","policy_ttl":"1s"}}\
              """);
  private static final HttpClient http = HttpClient.newHttpClient();
  private static String root = "";

  private final List<ConsulFailure> failures = new CopyOnWriteArrayList<>();
  private final List<RegistrationState> states = new CopyOnWriteArrayList<>();
  private final DiscoveryListener recording =
      new DiscoveryListener() {
        @Override
        public void registrationChanged(String id, RegistrationState from, RegistrationState to) {
          states.add(to);
        }

        @Override
        public void registrationFailed(String id, ConsulFailure failure) {
          failures.add(failure);
        }
      };
  @TempDir private Path dir;
  private Path file;

  /** A token that may register {@code web} and read all. */
  private record Token(String accessor, String secret) {}

  @BeforeAll
  static void start() {
    agent.start();
    root =
        await()
            .until(() -> asRoot("PUT", "/v1/acl/bootstrap", ""), AclIT::isObject)
            .get("SecretID")
            .getAsString();
    asRoot("PUT", "/v1/agent/token/agent", "{\"Token\":\"" + root + "\"}");
    policy("web", "service \"web\" {policy = \"write\"} node_prefix \"\" {policy = \"read\"}");
  }

  /** Makes or changes a policy. */
  private static void policy(String name, String rules) {
    JsonObject policy = new JsonObject();
    policy.addProperty("Name", name);
    policy.addProperty("Rules", rules);
    JsonObject known = asRoot("GET", "/v1/acl/policy/name/" + name, "");
    String id = known.has("ID") ? "/" + known.get("ID").getAsString() : "";
    asRoot("PUT", "/v1/acl/policy" + id, policy.toString());
  }

  @AfterAll
  static void stop() {
    agent.stop();
  }

  @BeforeEach
  void file() {
    file = dir.resolve("token");
  }

  private static JsonObject asRoot(String method, String path, String body) {
    String text = ask(method, path, body);
    return text.startsWith("{") ? JsonParser.parseString(text).getAsJsonObject() : new JsonObject();
  }

  private static boolean isObject(JsonObject answer) {
    return answer.has("SecretID");
  }

  private static String ask(String method, String path, String body) {
    return ask(root, method, path, body);
  }

  private static String ask(String token, String method, String path, String body) {
    URI uri = agent.address().resolve(path);
    try {
      return http.send(
              HttpRequest.newBuilder(uri)
                  .header("X-Consul-Token", token)
                  .method(method, HttpRequest.BodyPublishers.ofString(body))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Token issue() {
    return issue("web");
  }

  private static Token issue(String policy) {
    JsonObject token =
        asRoot("PUT", "/v1/acl/token", "{\"Policies\":[{\"Name\":\"%s\"}]}".formatted(policy));
    return new Token(token.get("AccessorID").getAsString(), token.get("SecretID").getAsString());
  }

  private static void revoke(Token token) {
    assertThat(ask("DELETE", "/v1/acl/token/" + token.accessor(), "").strip()).isEqualTo("true");
  }

  private Discovery connect() {
    return Discovery.connect(
        ConsulOptions.builder(
                Map.of(
                    "CONSUL_HTTP_ADDR", agent.address().getAuthority(),
                    "CONSUL_HTTP_TOKEN_FILE", file.toString()))
            .waitTime(Duration.ofSeconds(5))
            .listener(recording)
            .build());
  }

  private static ServiceDefinition definition(String id) {
    return ServiceDefinition.named("web")
        .id(id)
        .port(8080)
        .check(HealthCheck.ttl(Duration.ofSeconds(6)))
        .build();
  }

  private static String catalog() {
    return ask("GET", "/v1/health/service/web?passing", "");
  }

  @Test
  void aTokenIsRotatedDuringHeartbeatsAndTheServiceStillLeavesTheCatalog() throws IOException {
    Token before = issue();
    Files.writeString(file, before.secret());
    try (Discovery discovery = connect()) {
      Registration registration = discovery.register(definition("rotating"));
      Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
      await().atMost(AWHILE).until(() -> catalog().contains("rotating"));
      await().until(() -> watch.current().map(now -> now.instances().size() == 1).orElse(false));

      Token after = issue();
      Files.writeString(file, after.secret());
      revoke(before);
      long revoked = System.nanoTime();
      await()
          .atMost(AWHILE)
          .until(() -> Duration.ofNanos(System.nanoTime() - revoked).toSeconds() >= 13);
      assertThat(failures).isEmpty();
      assertThat(states).containsExactly(RegistrationState.PASSING);
      assertThat(catalog()).contains("rotating");
      assertThat(watch.stale()).isFalse();

      assertThat(registration.leave()).isTrue();
      await().atMost(AWHILE).until(() -> !catalog().contains("rotating"));
    }
  }

  @Test
  void aServiceLeavesTheCatalogThoughItsTokenWasRevokedBeforeTheFirstHeartbeatUnderTheNext()
      throws IOException {
    Token before = issue();
    Files.writeString(file, before.secret());
    try (Discovery discovery = connect()) {
      Registration registration =
          discovery.register(
              ServiceDefinition.named("web")
                  .id("hasty")
                  .port(8080)
                  .check(HealthCheck.ttl(Duration.ofHours(1)))
                  .build());
      await().atMost(AWHILE).until(() -> catalog().contains("hasty"));
      Files.writeString(file, issue().secret());
      revoke(before);
      await()
          .atMost(AWHILE)
          .until(() -> ask(before.secret(), "GET", "/v1/agent/self", "").contains("not found"));

      assertThat(registration.leave()).isTrue();
      await().atMost(AWHILE).until(() -> !catalog().contains("hasty"));
    }
  }

  @Test
  void whatATokenMayNotReadIsAFailureAndWhatWasKnownStays() throws IOException {
    asRoot("PUT", "/v1/agent/service/register", "{\"Name\":\"other\",\"Port\":80}");
    await().atMost(AWHILE).until(() -> ask("GET", "/v1/catalog/service/other", "").contains("80"));
    policy("reader", "service \"other\" {policy = \"read\"} node_prefix \"\" {policy = \"read\"}");
    Files.writeString(file, issue("reader").secret());
    try (LogCapture logged = new LogCapture();
        Discovery discovery = connect()) {
      Watch watch = discovery.watch(ServiceQuery.service("other"), snapshot -> {});
      Watch none = discovery.watch(ServiceQuery.service("none"), snapshot -> {});
      await().atMost(AWHILE).until(() -> hasOne(watch));
      await().atMost(AWHILE).until(none::stale);
      assertThat(none.current()).isEmpty();

      policy("reader", "node_prefix \"\" {policy = \"read\"}");
      await().atMost(AWHILE).until(watch::stale);
      assertThat(hasOne(watch)).isTrue();
      assertThat(logged.lines())
          .anyMatch(line -> line.contains("Watch of other") && line.contains("service:read"));

      policy(
          "reader", "service_prefix \"\" {policy = \"read\"} node_prefix \"\" {policy = \"read\"}");
      await().atMost(AWHILE).until(() -> !watch.stale() && !none.stale());
      assertThat(hasOne(watch)).isTrue();
      assertThat(none.current().orElseThrow().instances()).isEmpty();
    }
  }

  private static boolean hasOne(Watch watch) {
    return watch.current().map(now -> now.instances().size() == 1).orElse(false);
  }

  @Test
  void aTokenThatMayNotIsSaidOnceAndTriedOnUntilItMay() throws IOException {
    Token revoked = issue();
    Files.writeString(file, revoked.secret());
    revoke(revoked);
    try (LogCapture logged = new LogCapture();
        Discovery discovery = connect()) {
      Registration registration = discovery.register(definition("refused"));
      await().atMost(AWHILE).until(() -> failures.size() >= 5);
      assertThat(failures).allMatch(each -> each.kind() == ConsulFailure.Kind.FORBIDDEN);
      assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);
      assertThat(logged.lines()).hasSize(1).allMatch(line -> line.contains("403"));

      Files.writeString(file, issue().secret());
      await().atMost(AWHILE).until(() -> registration.state() == RegistrationState.PASSING);
      assertThat(logged.lines()).hasSize(3).noneMatch(line -> line.contains(revoked.secret()));
      assertThat(registration.leave()).isTrue();
    }
  }

  private static void shop(String id, boolean present) {
    String instance =
        present
            ? "{\"Node\":\"mall\",\"Address\":\"198.18.7.7\",\"Service\":"
                + "{\"ID\":\"%s\",\"Service\":\"shop\",\"Port\":80}}"
            : "{\"Node\":\"mall\",\"ServiceID\":\"%s\"}";
    String path = "/v1/catalog/" + (present ? "register" : "deregister");
    assertThat(ask("PUT", path, instance.formatted(id))).contains("true");
  }

  private static boolean has(Watch watch, String id) {
    return watch.current().stream()
        .flatMap(now -> now.instances().stream())
        .anyMatch(each -> each.id().equals(id));
  }

  /** An agent's stream ends with its token, and what waits then may be answered with nothing. */
  @Test
  void noTokenThatIsRotatedOrRevokedWhileInstancesComeAndGoEmptiesAWatch() throws IOException {
    policy("shop", "service \"shop\" {policy = \"read\"} node_prefix \"\" {policy = \"read\"}");
    shop("steady", true);
    Token token = issue("shop");
    Files.writeString(file, token.secret());
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    List<Discovery> open = new ArrayList<>();
    List<Watch> watches = new ArrayList<>();
    try {
      for (int seconds = 1; seconds <= 4; seconds++) {
        Discovery discovery =
            Discovery.connect(
                ConsulOptions.builder(
                        Map.of(
                            "CONSUL_HTTP_ADDR", agent.address().getAuthority(),
                            "CONSUL_HTTP_TOKEN_FILE", file.toString()))
                    .waitTime(Duration.ofSeconds(seconds))
                    .build());
        open.add(discovery);
        watches.add(discovery.watch(ServiceQuery.service("shop"), seen::add));
      }
      await().atMost(AWHILE).until(() -> watches.stream().allMatch(each -> has(each, "steady")));
      for (int round = 0; round < 12; round++) {
        boolean present = round % 2 == 0;
        Token next = issue("shop");
        shop("visitor", present);
        Files.writeString(file, next.secret());
        revoke(token);
        token = next;
        await()
            .atMost(AWHILE)
            .until(() -> watches.stream().allMatch(each -> has(each, "visitor") == present));
      }
      revoke(token);
      await().atMost(AWHILE).until(() -> watches.stream().allMatch(Watch::stale));
      assertThat(watches).allMatch(each -> has(each, "steady"));

      Files.writeString(file, issue("shop").secret());
      await().atMost(AWHILE).until(() -> watches.stream().noneMatch(Watch::stale));
      assertThat(seen)
          .allSatisfy(
              now ->
                  assertThat(now.instances()).extracting(ServiceInstance::id).contains("steady"));
    } finally {
      open.forEach(Discovery::close);
    }
  }

  private static void anonymous(String policies) {
    String anonymous = "00000000-0000-0000-0000-000000000002";
    JsonObject changed =
        asRoot("PUT", "/v1/acl/token/" + anonymous, "{\"Policies\":" + policies + "}");
    assertThat(changed.has("AccessorID")).isTrue();
  }

  @Test
  void whoHasNoTokenKeepsWhatItKnewWhenItsRightIsTakenAway() {
    policy("everybody", "service_prefix \"\" {policy=\"read\"} node_prefix \"\" {policy=\"read\"}");
    anonymous("[{\"Name\":\"everybody\"}]");
    asRoot(
        "PUT",
        "/v1/catalog/register",
        "{\"Node\":\"n\",\"Address\":\"198.18.7.7\","
            + "\"Service\":{\"ID\":\"open\",\"Service\":\"open\",\"Port\":80}}");
    List<Snapshot> seen = new CopyOnWriteArrayList<>();
    ConsulOptions options =
        ConsulOptions.builder().address(agent.address()).waitTime(Duration.ofSeconds(1)).build();
    try (Discovery discovery = Discovery.connect(options)) {
      Watch watch = discovery.watch(ServiceQuery.service("open"), seen::add);
      await()
          .atMost(AWHILE)
          .until(() -> watch.current().stream().anyMatch(now -> now.instances().size() == 1));
      anonymous("[]");
      await().atMost(AWHILE).until(watch::stale);
      assertThat(watch.current().orElseThrow().instances()).hasSize(1);
      anonymous("[{\"Name\":\"everybody\"}]");
      await().atMost(AWHILE).until(() -> !watch.stale());
      assertThat(seen).allSatisfy(now -> assertThat(now.instances()).hasSize(1));
    } finally {
      anonymous("[]");
    }
  }
}
