package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeApi;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.update.OperatorOverride.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers that come and go in an HAProxy that somebody else runs: from 3.0 on without a reload,
 * before with one, and for its clients there is no difference.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.rollcall.lb.TestImages#haproxies")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class AttachedServersIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String image;

  @TempDir private Path directory;
  private Path target;
  private HaproxyContainer container;
  private AttachedHaproxy haproxy;
  private ConfigApplier applier;
  private int reloads;

  AttachedServersIT(String image) {
    this.image = image;
  }

  @BeforeEach
  void start() throws Exception {
    start("admin");
  }

  private void start(String level) throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    target = Files.writeString(directory.resolve("haproxy.cfg"), site("a"));
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
    container = new HaproxyContainer(image, directory, level);
    container.start();
    Path socket = directory.resolve("master.sock");
    await().atMost(PATIENCE).until(() -> Files.exists(socket));
    haproxy = AttachedHaproxy.attach(socket);
    await().atMost(PATIENCE).until(() -> haproxy.status().running());
    applier = new ConfigApplier(new ConfigFile(target), haproxy);
    assertThat(applier.apply(site("a"))).isInstanceOf(ApplyResult.Reloaded.class);
    reloads = haproxy.status().reloads();
  }

  @AfterEach
  void stop() {
    haproxy.close();
    container.stop();
  }

  @Test
  void serverJoinsServesAtOnceAndLeaves() throws Exception {
    expectChange(applier.apply(site("a", "b")), "1 server added in backend be");
    assertThat(visited()).containsExactly("a", "b");
    assertThat(target).hasContent(site("a", "b"));
    expectChange(applier.apply(site("b")), "1 server removed in backend be");
    assertThat(visited()).containsExactly("b");
    assertThat(target).hasContent(site("b"));
    await().atMost(PATIENCE).until(() -> names(Set.of("b")));
  }

  @Test
  void requestInFlightIsAnsweredWhileItsServerDrains() throws Exception {
    applier.apply(site("b"));
    CompletableFuture<String> answer = ask("/long").thenApply(HttpResponse::body);
    await()
        .atMost(PATIENCE)
        .until(() -> master("show stat be 4 -1").matches("(?s).*\nbe,b,\\d+,\\d+,1,.*"));

    applier.apply(site("a"));
    expectChange(applier.apply(site("a", "c")), "1 server added in backend be");

    assertThat(visited()).containsExactly("a", "c");
    assertThat(answer).as("both changes were made before the answer").isNotDone();
    assertThat(answer.get(20, TimeUnit.SECONDS)).contains("long");
    await().atMost(PATIENCE).until(() -> names(Set.of("a", "c")));
  }

  @Test
  void drainingServerThatComesBackServes() throws Exception {
    applier.apply(site("a", "b"));
    CompletableFuture<HttpResponse<String>> one = ask("/long");
    CompletableFuture<HttpResponse<String>> two = ask("/long");
    await()
        .atMost(PATIENCE)
        .until(() -> master("show stat be 4 -1").matches("(?s).*\nbe,b,\\d+,\\d+,1,.*"));
    applier.apply(site("a"));
    assertThat(visited()).containsExactly("a");

    expectChange(applier.apply(site("a", "b")), "1 server added in backend be");

    assertThat(visited()).containsExactly("a", "b");
    CompletableFuture.allOf(one, two).get(20, TimeUnit.SECONDS);
    assertThat(applier.maintain()).isFalse();
    assertThat(visited()).containsExactly("a", "b");
  }

  @Test
  void driftIsDetectedAndRepaired() throws Exception {
    applier.apply(site("a", "b"));
    reloads = haproxy.status().reloads();
    if (changesAtRunTime()) {
      master("set server be/a state maint");
      master("del server be/a");
    }
    master("set server be/b addr 127.0.0.1 port " + port("c"));
    assertThat(visited()).contains("c");

    ConfigApplier startedAgain = new ConfigApplier(new ConfigFile(target), haproxy);
    if (startedAgain.maintain()) {
      startedAgain.reconcile();
    }

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(visited()).containsExactly("a", "b"));
    if (changesAtRunTime()) {
      assertThat(haproxy.status().reloads()).as("reloads").isEqualTo(reloads);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"maint", "drain"})
  void operatorOverrideStandsThroughChanges(String state) throws Exception {
    applier.apply(site("a", "b"));
    master("set server be/a state " + state);
    master("set server be/b weight 3");

    applier.apply(site("a", "b", "c"));
    assertThat(visited()).containsExactly("b", "c");
    applier.apply(site("a", "b"));
    applier.apply(site("a", "b").replace("inter 1s", "inter 2s"));

    assertThat(visited()).containsExactly("b");
    assertThat(applier.operatorOverrides())
        .extracting(Status::server, Status::setting)
        .containsExactly(tuple("be/a", state), tuple("be/b", "weight 3"));
    ConfigApplier startedAgain = new ConfigApplier(new ConfigFile(target), haproxy);
    assertThat(startedAgain.maintain()).isFalse();
    assertThat(startedAgain.reconcile()).isEqualTo(new ApplyResult.NoChange());
    assertThat(startedAgain.operatorOverrides()).hasSize(2);
    assertThat(visited()).containsExactly("b");

    master("set server be/a state ready");
    master("set server be/b weight 1");
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              applier.maintain();
              return applier.operatorOverrides().isEmpty();
            });
    assertThat(visited()).containsExactly("a", "b");
  }

  @Test
  void serverInMaintenanceIsRemovedWithoutServingAgain() throws Exception {
    applier.apply(site("a", "b"));
    master("set server be/b state maint");

    applier.apply(site("a"));

    await().atMost(PATIENCE).until(() -> names(Set.of("a")));
  }

  @Test
  void frontendMayHaveTheNameOfABackendUntilHaproxyRefusesIt() throws Exception {
    ApplyResult applied = applier.apply(site("a", "b").replace("fe_site", "be"));
    if (refusesSameNames()) {
      assertThat(applied)
          .asString()
          .startsWith("Rejected")
          .contains("backend 'be' has the same name as frontend 'be'");
      return;
    }
    reloads = haproxy.status().reloads();

    expectChange(
        applier.apply(site("a").replace("fe_site", "be")), "1 server removed in backend be");

    await().atMost(PATIENCE).until(() -> names(Set.of("a")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hash-key addr-port"})
  void reloadMovesNoRequestOfAConsistentHash(String key) throws Exception {
    assumeTrue(key.isEmpty() || changesAtRunTime(), "2.6 has no such key");
    applier.apply(hashing(key, "b", "c"));
    applier.apply(hashing(key, "a", "b", "c"));
    List<String> joined = answers();

    applier.apply(hashing(key, "a", "b", "c").replace("inter 1s", "inter 2s"));

    assertThat(answers()).isEqualTo(joined);
    assertThat(Set.copyOf(joined)).hasSize(3);
  }

  @Test
  void firstBackupServerIsTheSameAfterAReload() throws Exception {
    applier.apply(backups("b"));
    applier.apply(backups("a", "b"));
    Set<String> joined = visited();

    applier.apply(backups("a", "b").replace("inter 1s", "inter 2s"));

    assertThat(visited()).isEqualTo(joined).containsExactly("a");
  }

  @Test
  void portsOfAStateFileAreRepaired() throws Exception {
    Files.writeString(directory.resolve("state"), "");
    String stateful =
        site("a", "b")
            .replace("global\n", "global\n    server-state-file /shared/state\n")
            .replace("mode http\n", "mode http\n    load-server-state-from-file global\n");
    applier.apply(stateful);
    Files.writeString(
        directory.resolve("state"),
        master("show servers state").replace(" " + port("b") + " ", " " + port("c") + " ") + "\n");

    applier.apply(stateful.replace("inter 1s", "inter 2s"));

    if (changesAtRunTime()) {
      assertThat(visited()).containsExactly("a", "b");
    } else {
      assertThat(visited()).as("nobody can change that in an old HAProxy").contains("a");
    }
  }

  private static String hashing(String key, String... servers) {
    return site(servers)
        .replace("balance roundrobin\n", "balance uri\n    hash-type consistent\n")
        .replace("check inter 1s", "check inter 1s " + key);
  }

  private static String backups(String... servers) {
    return site(servers).replace("check inter 1s", "inter 1s backup");
  }

  private List<String> answers() throws IOException, InterruptedException {
    HttpClient client = HttpClient.newHttpClient();
    List<String> answers = new ArrayList<>();
    for (int page = 0; page < 60; page++) {
      answers.add(
          client.send(request("/page/" + page), HttpResponse.BodyHandlers.ofString()).body());
    }
    return answers;
  }

  @Test
  void restartedHaproxyHasServersThatWereAddedAtRunTime() throws Exception {
    applier.apply(site("a", "b", "c"));

    container.halt();
    await().atMost(PATIENCE).until(() -> !haproxy.status().running());
    container.resume();
    await().atMost(PATIENCE).until(() -> haproxy.status().running());
    reloads = haproxy.status().reloads();

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    await().atMost(PATIENCE).ignoreExceptions().until(() -> visited().size() == 3);
    expectChange(applier.apply(site("c")), "2 servers removed in backend be");
    assertThat(visited()).containsExactly("c");
  }

  @Test
  void masterSocketOfLevelOperatorMeansReloads() throws Exception {
    stop();
    Files.delete(directory.resolve("haproxy.cfg.good"));
    start("operator");

    ApplyResult applied = applier.apply(site("a", "b"));

    assertThat(applied).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(((ApplyResult.Reloaded) applied).reason())
        .contains(changesAtRunTime() ? "Permission denied" : "does not add and remove");
    assertThat(visited()).containsExactly("a", "b");
  }

  private void expectChange(ApplyResult applied, String what) {
    if (changesAtRunTime()) {
      assertThat(applied)
          .isInstanceOfSatisfying(
              ApplyResult.RuntimeChanged.class,
              changed -> assertThat(changed.summary()).isEqualTo(what));
      assertThat(haproxy.status().reloads()).as("reloads").isEqualTo(reloads);
    } else {
      assertThat(applied)
          .isInstanceOfSatisfying(
              ApplyResult.Reloaded.class,
              reloaded -> assertThat(reloaded.reason()).startsWith(what));
    }
  }

  private boolean changesAtRunTime() {
    String version = haproxy.status().version();
    return version != null && !version.startsWith("2.");
  }

  private boolean refusesSameNames() {
    String version = haproxy.status().version();
    return version != null && HaproxyVersion.parse(version).atLeast(HaproxyVersion.parse("3.3.0"));
  }

  private boolean names(Set<String> expected) {
    applier.maintain();
    try {
      return haproxy.servers().stream()
          .map(ServerState::server)
          .collect(Collectors.toSet())
          .equals(expected);
    } catch (RuntimeApiException e) {
      return false;
    }
  }

  private String master(String command) throws IOException {
    RuntimeApi master = RuntimeApi.throughMaster(directory.resolve("master.sock"));
    try (RuntimeApi.Session session = master.open()) {
      return session.ask(command);
    }
  }

  /** Which servers answer to a dozen visits. */
  private Set<String> visited() throws IOException, InterruptedException {
    // Connections that were kept would lead to a worker that was reloaded away.
    HttpClient client = HttpClient.newHttpClient();
    Set<String> visited = new TreeSet<>();
    for (int visit = 0; visit < 12; visit++) {
      HttpResponse<String> answer = client.send(request("/"), HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
      visited.add(answer.body());
    }
    return visited;
  }

  private CompletableFuture<HttpResponse<String>> ask(String path) {
    return HttpClient.newHttpClient()
        .sendAsync(request(path), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String path) {
    URI site = container.site();
    return HttpRequest.newBuilder(site.resolve(path)).timeout(Duration.ofSeconds(20)).build();
  }

  /** A site whose servers are frontends of the same HAProxy that tell their names. */
  private static String site(String... servers) {
    return """
    global
        hard-stop-after 30s
    defaults
        mode http
        timeout connect 2s
        timeout client 30s
        timeout server 30s
        timeout http-keep-alive 10s
        timeout tarpit 5s
        option idle-close-on-response
    frontend fe_site
        bind :8080
        default_backend be
    backend be
        balance roundrobin
        default-server check inter 1s
    %s
    %s
    """
        .formatted(
            Stream.of(servers)
                .map(name -> "    server " + name + " 127.0.0.1:" + port(name) + "\n")
                .collect(Collectors.joining()),
            List.of("a", "b", "c").stream()
                .map(AttachedServersIT::pool)
                .collect(Collectors.joining()));
  }

  private static String pool(String name) {
    return """
    frontend fe_%s
        bind 127.0.0.1:%d
        http-request tarpit deny_status 200 content-type text/plain string long if { path /long }
        http-request return status 200 content-type text/plain string %s
    """
        .formatted(name, port(name), name);
  }

  private static int port(String name) {
    return 9000 + name.charAt(0);
  }
}
