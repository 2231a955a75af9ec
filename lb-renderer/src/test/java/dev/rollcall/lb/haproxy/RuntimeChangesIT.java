package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerKeywords;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.Haproxy.DrainingServer;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.update.Draining;
import dev.rollcall.lb.update.DriftDetector;
import dev.rollcall.lb.update.UpdatePlanner;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.Network;

/** Changes in a real HAProxy: what is decided, done and replied, and what its clients see of it. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.rollcall.lb.TestImages#changeableHaproxies")
@Timeout(180)
class RuntimeChangesIT {

  private static final ServerName S1 = new ServerName("be", "s1");
  private static final String POOL =
      "backend be\n  balance roundrobin\n  option httpchk\n  default-server check inter 1s\n";
  private static final String S0 = server(0);

  /** Of nobody: for the names that this test has. */
  private static final String PEM = SelfSignedCertificate.pem();

  private static Network network;

  private final String image;

  @TempDir Path directory;
  private RuntimeHaproxyContainer haproxy;
  private String running = POOL + S0;

  RuntimeChangesIT(String image) {
    this.image = image;
  }

  @BeforeAll
  static void connect() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    network = Network.newNetwork();
  }

  @AfterAll
  static void disconnect() {
    network.close();
    Awaitility.reset();
  }

  @BeforeEach
  void start() throws IOException {
    haproxy = RuntimeHaproxyContainer.start(image, directory, network, running);
  }

  @AfterEach
  void stop() {
    haproxy.close();
  }

  @Test
  void addedServerServesAtOnceAndIsChecked() throws IOException {
    assertThat(change(POOL + S0 + server(1))).isEmpty();
    assertThat(visits(20)).isEqualTo(Map.of("9000", 10, "9001", 10));
    await().until(() -> stat("s1", "check_status").equals("L7OK"));
  }

  @Test
  void addedServerThatFailsItsCheckGetsNoTraffic() throws IOException {
    assertThat(change(POOL + S0 + "  server dead 127.0.0.1:9999\n")).isEmpty();
    await().until(() -> stat("dead", "status").startsWith("DOWN"));
    assertThat(visits(10)).isEqualTo(Map.of("9000", 10));
  }

  @Test
  void hundredServersJoinAndLeaveUnderLoad() throws IOException {
    String many = POOL + servers(0, 100);
    long worker = worker();
    try (LoadGenerator crowd = new LoadGenerator(haproxy.site(), "/", 4, 2)) {
      assertThat(change(many)).isEmpty();
      assertThat(visits(1_000)).hasSize(101);
      long before = crowd.answered();
      assertThat(change(POOL + S0)).isEmpty();
      await().until(() -> crowd.answered() > before + 100);
      assertThat(crowd.failures()).isEmpty();
    }
    assertThat(visits(10)).isEqualTo(Map.of("9000", 10));
    assertThat(worker()).as("no reload").isEqualTo(worker);
  }

  @Test
  void noRequestIsLostWhenAServerIsDrainedAndStopped(@TempDir Path other) throws IOException {
    try (RuntimeHaproxyContainer instance =
            RuntimeHaproxyContainer.start(image, other, network, "backend be\n");
        LoadGenerator crowd = new LoadGenerator(haproxy.site(), "/slow", 12, 6)) {
      String remote = "  server s1 " + instance.ip() + ":9001\n";
      assertThat(change(POOL + S0 + remote)).isEmpty();
      await().until(() -> Integer.parseInt(stat("s1", "stot")) > 100);
      assertThat(change(POOL + S0)).isEmpty();
      instance.kill();
      long before = crowd.answered();
      await().until(() -> crowd.answered() > before + 100);
      assertThat(crowd.failures()).isEmpty();
    }
  }

  @Test
  void loadGeneratorNoticesAServerStoppedWithoutDraining(@TempDir Path other) throws IOException {
    try (RuntimeHaproxyContainer instance =
            RuntimeHaproxyContainer.start(image, other, network, "backend be\n");
        LoadGenerator crowd = new LoadGenerator(haproxy.site(), "/slow", 12, 6)) {
      change(POOL + S0 + "  server s1 " + instance.ip() + ":9001\n");
      await().until(() -> Integer.parseInt(stat("s1", "stot")) > 100);
      instance.kill();
      await().until(() -> !crowd.failures().isEmpty());
    }
  }

  @Test
  void weightChangesShareOfRequests() throws IOException {
    change(POOL + S0 + server(1));
    assertThat(change(POOL + S0 + "  server s1 127.0.0.1:9001 weight 4\n")).isEmpty();
    assertThat(visits(50)).isEqualTo(Map.of("9000", 10, "9001", 40));
  }

  @Test
  void addressChangesUnderLoad() throws IOException {
    change(POOL + S0 + server(1));
    try (LoadGenerator crowd = new LoadGenerator(haproxy.site(), "/slow", 4, 2)) {
      assertThat(change(POOL + S0 + "  server s1 127.0.0.1:9077\n")).isEmpty();
      assertThat(visits(20).keySet()).containsExactlyInAnyOrder("9000", "9077");
      assertThat(crowd.failures()).isEmpty();
    }
  }

  @Test
  void serverIsDisabledAndEnabled() throws IOException {
    change(POOL + S0 + server(1));
    assertThat(change(POOL + S0 + "  server s1 127.0.0.1:9001 disabled\n")).isEmpty();
    assertThat(visits(10)).isEqualTo(Map.of("9000", 10));
    assertThat(change(POOL + S0 + server(1))).isEmpty();
    await().until(() -> visits(10).containsKey("9001"));
  }

  @Test
  void busyServerIsDeletedAfterItsLastRequest() throws Exception {
    change(POOL + server(1));
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(() -> get(haproxy.site(), "/long"));
    await().until(() -> stat("s1", "scur").equals("1"));
    assertThat(apply(List.of(new RemoveServer(S1, null)), haproxy.worker())).containsExactly(S1);
    assertThat(differences(config(POOL), state(), Set.of(S1))).isEmpty();
    assertThat(deleteIdle(new DrainingServer(S1, false))).containsExactly(S1);
    assertThat(stat("s1", "status")).startsWith("DRAIN");
    assertThat(deleteIdle(new DrainingServer(S1, true))).containsExactly(S1);
    assertThat(stat("s1", "status")).isEqualTo("MAINT");
    assertThat(answer.get()).isEqualTo("9001");
    await().until(() -> deleteIdle(new DrainingServer(S1, true)).isEmpty());
    assertThat(state()).isEmpty();
  }

  @Test
  void masterForwardsCommandsToItsWorker() throws IOException {
    List<HaproxyChange> steps = decide(POOL + S0 + server(1));
    assertThat(apply(steps, haproxy.master())).isEmpty();
    assertThat(apply(List.of(new RemoveServer(new ServerName("be", "s0"), null)), haproxy.master()))
        .isEmpty();
    assertThat(visits(4)).isEqualTo(Map.of("9001", 4));
  }

  @Test
  void sessionWithOldWorkerChangesNothing() throws Exception {
    try (RuntimeApi.Session old = haproxy.worker().open()) {
      long before = ShowInfo.parse(old.ask("show info")).pid();
      haproxy.reload();
      await().ignoreExceptions().until(() -> worker() != before);
      List<HaproxyChange> changes = decide(POOL + S0 + server(1));
      assertThatThrownBy(() -> new CheckedSession(old).apply(changes, null))
          .isInstanceOf(RuntimeApiException.class)
          .hasMessage("worker " + before + " is an old one that only finishes its connections");
    }
  }

  @Test
  void refusalIsReportedInHaproxysWords() throws IOException {
    ServerChange add =
        new AddServer(
            new Definition(
                new ServerName("be", "s0"),
                ServerAddress.parse("127.0.0.1:9001"),
                ServerOptions.fold(List.of())));
    assertThatThrownBy(() -> apply(List.of(add), haproxy.worker()))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessage(
            "\"add server be/s0 127.0.0.1:9001 weight 1\" was answered"
                + " \"Already exists a server with the same name in backend.\"");
    haproxy.configure("backend be\n  balance static-rr\n" + S0);
    haproxy.reload();
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> apply(decide(POOL + S0 + server(1)), haproxy.worker()))
                    .hasMessageContaining("dynamic load balancing"));
  }

  @Test
  void haproxyAcceptsEveryKnownServerOption() throws IOException {
    Map<String, String> samples = new TreeMap<>();
    for (String word : List.of("inter", "fastinter", "downinter", "slowstart")) {
      samples.put(word, "2s");
    }
    for (String word : List.of("rise", "fall", "maxconn", "minconn", "maxqueue", "error-limit")) {
      samples.put(word, "3");
    }
    samples.put("pool-purge-delay", "5s");
    samples.put("pool-low-conn", "1");
    samples.put("pool-max-conn", "-1");
    samples.put("port", "9000");
    samples.put("addr", "127.0.0.1");
    samples.put("cookie", "c-1");
    samples.put("guid", "be:s1");
    samples.put("proto", "h1");
    samples.put("check-proto", "h1");
    samples.put("ws", "auto");
    samples.put("observe", "layer4");
    samples.put("on-error", "mark-down");
    samples.put("on-marked-down", "shutdown-sessions");
    samples.put("on-marked-up", "shutdown-backup-sessions");
    samples.put("alpn", "h2,http/1.1");
    samples.put("check-alpn", "http/1.1");
    samples.put("sni", "str(site.example.org)");
    samples.put("check-sni", "site.example.org");
    samples.put("verify", "none");
    samples.put("init-state", "up");
    samples.put("id", "77");
    samples.put("hash-key", "addr-port");
    samples.put("agent-port", "7000");
    samples.put("agent-addr", "127.0.0.1");
    samples.put("agent-inter", "3s");
    samples.put("agent-send", "hello");
    samples.put("idle-ping", "3s");
    samples.put("verifyhost", "site.example.org");
    samples.put("npn", "h2");
    samples.put("pool-conn-name", "str(a)");
    samples.put("check-pool-conn-name", "a");
    samples.put("ciphers", "AES128-SHA");
    samples.put("ciphersuites", "TLS_AES_128_GCM_SHA256");
    samples.put("curves", "P-256");
    samples.put("sigalgs", "RSA+SHA256");
    samples.put("client-sigalgs", "RSA+SHA256");
    samples.put("proxy-v2-options", "ssl,unique-id");
    samples.put("ssl-min-ver", "TLSv1.2");
    samples.put("ssl-max-ver", "TLSv1.3");
    samples.put("source", "127.0.0.1 interface lo");
    for (String file : List.of("ca-file", "crl-file", "crt")) {
      samples.put(file, "/t/loaded.pem");
    }
    Map<String, Boolean> keywords = ServerKeywords.all();
    keywords.forEach(
        (word, hasValue) -> {
          if (!hasValue) {
            samples.put(word, "");
          }
        });
    samples.put("ssl", "");
    samples.put("weight", "1");
    assertThat(samples.keySet()).isEqualTo(keywords.keySet());

    Files.writeString(directory.resolve("loaded.pem"), PEM, StandardCharsets.US_ASCII);
    haproxy.configure(
        POOL
            + S0
            + "  server s9 127.0.0.1:9009 ssl verify none ca-file /t/loaded.pem crl-file /t/loaded.pem crt /t/loaded.pem\n");
    long before = worker();
    haproxy.reload();
    await().ignoreExceptions().until(() -> worker() != before);
    HaproxyVersion version = ShowInfo.parse(haproxy.ask("show info")).version();
    Map<String, String> refused = new TreeMap<>();
    samples.forEach(
        (word, value) -> {
          // Those of TLS mean nothing, and are refused, without it.
          List<String> words = new ArrayList<>(List.of("ssl", "verify", "none", word));
          words.addAll(value.isEmpty() ? List.of() : List.of(value.split(" ", -1)));
          if (word.matches("no-tlsv1[12]")) {
            // HAProxy warns of a hole between the versions that are left.
            words.addAll(List.of("no-tlsv10", "no-tlsv11"));
          }
          if (word.equals("agent-check")) {
            words.addAll(List.of("agent-port", "7000"));
          }
          ServerOptions options = ServerOptions.fold(words);
          if (version.unsupportedOption(options.values().keySet()).isEmpty()) {
            try {
              apply(
                  List.of(
                      new AddServer(
                          new Definition(S1, ServerAddress.parse("127.0.0.1:9001"), options)),
                      new RemoveServer(S1, null)),
                  haproxy.worker());
            } catch (RuntimeApiException e) {
              refused.put(word, e.getMessage());
            }
          }
        });
    assertThat(refused).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9443 ssl verify none check",
        "9444 send-proxy check",
        "9444 send-proxy-v2 check",
        "9445 ssl verify none send-proxy-v2-ssl check"
      })
  void addedServerIsCheckedLikeServersOfTheFile(String line) throws IOException {
    Files.writeString(directory.resolve("site.pem"), PEM, StandardCharsets.US_ASCII);
    String instances =
        "frontend fe_tls\n  bind :9443 ssl crt /t/site.pem\n  bind :9444 accept-proxy\n  bind :9445 accept-proxy ssl crt /t/site.pem\n  http-request return status 200\n"
            + POOL.replace("inter 1s", "inter 200ms");
    running = instances + "  server file 127.0.0.1:" + line + "\n";
    haproxy.configure(running);
    long before = worker();
    haproxy.reload();
    await().ignoreExceptions().until(() -> worker() != before);

    change(running + "  server s1 127.0.0.1:" + line + "\n");

    await().until(() -> stat("file", "check_status").equals("L7OK"));
    await().until(() -> stat("s1", "check_status").matches("L[67].*"));
    assertThat(stat("s1", "check_status")).isEqualTo("L7OK");
    assertThat(stat("s1", "status")).isEqualTo("UP");
  }

  @Test
  void stickyClientsOfARemovedServerDoNotGoToTheNextOne() throws IOException {
    String sticky =
        POOL + "  stick-table type integer size 1k expire 1h\n  stick on int(7)\n" + server(1);
    haproxy.configure(sticky);
    long before = worker();
    haproxy.reload();
    await().ignoreExceptions().until(() -> worker() != before);
    running = sticky;
    change(sticky + server(2));
    String bound = haproxy.site().get("/");
    String left = bound.equals("9001") ? "s1" : "s2";
    String stays = left.equals("s1") ? server(2) : server(1);
    String pool = sticky.replace(server(1), "");

    change(pool + stays);
    change(pool + stays + server(3));

    String numbers = haproxy.ask("show servers state be");
    assertThat(numbers).contains(" s3 ");
    // Numbers of their own: the entry of who left names nobody.
    assertThat(numbers.lines().filter(row -> row.contains(" s3 ")).findFirst().orElseThrow())
        .matches("\\d+ be \\d{6,} s3 .*");
    assertThat(haproxy.site().get("/")).isNotEqualTo(bound);
  }

  @Test
  void ipv6AddressIsSetAndReadBack() throws IOException {
    assertThat(change(POOL + S0 + "  server s1 [fd00::5]:9001\n")).isEmpty();
    assertThat(change(POOL + S0 + "  server s1 [fd00::6]:9001\n")).isEmpty();
  }

  /** Makes a change and sees off the servers that leave; returns whether nothing is left to do. */
  private Set<ServerName> change(String wanted) throws IOException {
    Set<ServerName> draining = apply(decide(wanted), haproxy.worker());
    // From 3.0 on an address changes some time after its reply.
    await()
        .untilAsserted(() -> assertThat(differences(config(wanted), state(), draining)).isEmpty());
    running = wanted;
    Set<ServerName> left = new HashSet<>(draining);
    await()
        .until(
            () -> {
              left.retainAll(
                  deleteIdle(
                      left.stream()
                          .map(name -> new DrainingServer(name, false))
                          .toArray(DrainingServer[]::new)));
              return left.isEmpty();
            });
    return left;
  }

  private static Set<ServerName> apply(List<HaproxyChange> changes, RuntimeApi api)
      throws RuntimeApiException {
    try (RuntimeApi.Session session = api.open()) {
      return new CheckedSession(session).apply(changes, null);
    }
  }

  private Set<ServerName> deleteIdle(DrainingServer... draining) throws RuntimeApiException {
    try (RuntimeApi.Session session = haproxy.worker().open()) {
      return new CheckedSession(session).deleteIdle(List.of(draining));
    }
  }

  private List<HaproxyChange> decide(String wanted) throws RuntimeApiException {
    HaproxyVersion version = ShowInfo.parse(haproxy.ask(ShowInfo.COMMAND)).version();
    try {
      return UpdatePlanner.runtimeChanges(
          config(running), config(wanted), version, Draining.NONE, List.of());
    } catch (ReloadRequiredException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> differences(
      HaproxyConfig wanted, List<ServerState> running, Set<ServerName> draining) {
    return DriftDetector.detect(wanted, running, draining, Map.of(), Set.of()).differences();
  }

  private List<ServerState> state() throws RuntimeApiException {
    return ServerState.parse(haproxy.ask(ServerState.COMMAND));
  }

  private long worker() throws RuntimeApiException {
    return ShowInfo.parse(haproxy.ask(ShowInfo.COMMAND)).pid();
  }

  private String stat(String server, String column) throws RuntimeApiException {
    return ShowStat.parse(haproxy.ask("show stat -1 4 -1"))
        .server(new ServerName("be", server))
        .orElseThrow()
        .getOrDefault(column, "");
  }

  private Map<String, Integer> visits(int count) throws IOException {
    Map<String, Integer> visits = new HashMap<>();
    for (int i = 0; i < count; i++) {
      visits.merge(haproxy.site().get("/"), 1, Integer::sum);
    }
    return visits;
  }

  private static String get(SiteClient site, String path) {
    try {
      return site.get(path);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static HaproxyConfig config(String rest) {
    return HaproxyConfig.parse(RuntimeHaproxyContainer.configuration(rest));
  }

  private static String servers(int first, int last) {
    return IntStream.rangeClosed(first, last)
        .mapToObj(RuntimeChangesIT::server)
        .collect(Collectors.joining());
  }

  private static String server(int number) {
    return "  server s" + number + " 127.0.0.1:" + (9000 + number) + "\n";
  }
}
