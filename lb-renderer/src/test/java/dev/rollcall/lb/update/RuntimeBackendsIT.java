package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeApi;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Services that come and go, each a backend of its own that a map leads to: without a reload from
 * HAProxy 3.4 on, with one before; entries of the map alone without a reload in every version.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.rollcall.lb.TestImages#haproxies")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class RuntimeBackendsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String image;

  @TempDir private Path directory;
  private Path target;
  private Path map;
  private HaproxyContainer container;
  private AttachedHaproxy haproxy;
  private ConfigApplier applier;
  private long worker;
  private int reloads;

  RuntimeBackendsIT(String image) {
    this.image = image;
  }

  @BeforeEach
  void start() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    map = readable("hosts.map", hosts("site", "be_a"));
    target = readable("haproxy.cfg", config("a"));
    container = new HaproxyContainer(image, directory, "admin");
    // The configuration names the map as this machine does.
    HostMounts.into(
        container, List.of(HostMounts.readOnly(directory.toString(), directory.toString())));
    container.start();
    Path socket = directory.resolve("master.sock");
    await().atMost(PATIENCE).until(() -> Files.exists(socket));
    haproxy = AttachedHaproxy.attach(socket);
    await().atMost(PATIENCE).until(() -> haproxy.status().running());
    applier = new ConfigApplier(new ConfigFile(target), haproxy);
    assertThat(apply(config("a"), hosts("site", "be_a"))).isInstanceOf(ApplyResult.Reloaded.class);
    seen();
  }

  private Path readable(String name, String text) throws IOException {
    Path file = Files.writeString(directory.resolve(name), text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  @AfterEach
  void stop() {
    haproxy.close();
    container.stop();
  }

  @Test
  void servicesComeAndGoAndNoRequestIsLost() throws Exception {
    KeepAliveClient client = new KeepAliveClient(container.site(), 4);
    String more = hosts("site", "be_a") + hosts("b.example", "be_b") + hosts("c.example", "be_c");

    expectOnlyReloadBefore34(
        apply(config("a", "b", "c"), more), "backend be_b added, backend be_c added");
    assertThat(answer("b.example")).isEqualTo("200 b services");
    assertThat(answer("c.example")).isEqualTo("200 c services");
    assertThat(map).hasContent(more);
    assertThat(Files.readString(directory.resolve("hosts.map.good"))).isEqualTo(more);

    expectOnlyReloadBefore34(
        apply(config("a"), hosts("site", "be_a")), "backend be_b removed, backend be_c removed");
    assertThat(answer("b.example")).startsWith("404");
    await().atMost(PATIENCE).until(() -> maintained().equals(List.of("be_a", "be_none")));

    client.end();
    assertThat(client.lost()).isEmpty();
    assertThat(client.answered()).isPositive();
  }

  @Test
  void manyServicesComeAndGoUnderLoad() throws Exception {
    assumeTrue(changesBackends());
    KeepAliveClient client = new KeepAliveClient(container.site(), 4);
    String[] names = IntStream.range(0, 60).mapToObj(n -> "a" + n).toArray(String[]::new);
    String all =
        hosts("site", "be_a")
            + Stream.of(names)
                .map(n -> hosts(n + ".example", "be_" + n))
                .collect(Collectors.joining());

    expectOnlyReloadBefore34(
        apply(config(Stream.concat(Stream.of("a"), Stream.of(names)).toArray(String[]::new)), all),
        "backend be_a0 added");
    for (String name : names) {
      assertThat(answer(name + ".example")).as(name).isEqualTo("200 a services");
    }
    expectOnlyReloadBefore34(apply(config("a"), hosts("site", "be_a")), "backend be_a0 removed");
    await().atMost(PATIENCE).until(() -> maintained().equals(List.of("be_a", "be_none")));

    client.end();
    assertThat(client.lost()).isEmpty();
  }

  @Test
  void entriesOfAMapChangeWithoutReload() throws Exception {
    String special = hosts("x.example/~a/%20b=c&d!$e*", "be_a") + hosts("1.2.3.4:80", "be_a");
    for (String text :
        List.of(
            hosts("other", "be_a") + hosts("site", "be_a"),
            "# one\n\n" + hosts("site", "be_none") + special,
            hosts("site", "be_a") + hosts("site", "be_none"),
            hosts("site", "be_none") + hosts("site", "be_a"),
            hosts("site", "be_a"))) {
      assertThat(apply(config("a"), text)).isInstanceOf(ApplyResult.RuntimeChanged.class);
      assertThat(answer("site")).startsWith(leadsTo(text).equals("be_a") ? "200 a" : "404");
      assertThat(map).hasContent(text);
      assertThat(applier.maintain()).isFalse();
      assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    }
    assertThat(apply(config("a"), "# another comment\n" + hosts("site", "be_a")))
        .isEqualTo(new ApplyResult.NoChange());
    expectNoReload();
  }

  @Test
  void serviceComesBackWhileItsLastRequestIsServed() throws Exception {
    assumeTrue(changesBackends());
    String both = hosts("site", "be_a") + hosts("b.example", "be_b");
    apply(config("a", "b"), both);
    CompletableFuture<HttpResponse<String>> last = ask("b.example", "/long");
    await()
        .atMost(PATIENCE)
        .until(() -> master("show stat be_b 2 -1").contains("be_b,BACKEND,0,0,1,"));
    apply(config("a"), hosts("site", "be_a"));
    assertThat(answer("b.example")).startsWith("404");
    assertThat(maintained()).contains("be_b");

    expectOnlyReloadBefore34(apply(config("a", "b"), both), "backend be_b added");

    assertThat(answer("b.example")).isEqualTo("200 b services");
    assertThat(last.get(20, TimeUnit.SECONDS).body()).isEqualTo("long");
    assertThat(maintained()).contains("be_b");
    assertThat(answer("b.example")).isEqualTo("200 b services");
    expectNoReload();
  }

  @Test
  void lastRequestOfAServiceIsAnsweredBeforeItIsGone() throws Exception {
    assumeTrue(changesBackends());
    apply(config("a", "b"), hosts("site", "be_a") + hosts("b.example", "be_b"));
    // The server takes one of them at a time; the others wait in the queue of the backend.
    List<CompletableFuture<HttpResponse<String>>> requests =
        IntStream.range(0, 3).mapToObj(n -> ask("b.example", "/long")).toList();
    await().atMost(PATIENCE).until(() -> master("show stat be_b 2 -1").contains("be_b,BACKEND,2,"));

    apply(config("a"), hosts("site", "be_a"));

    for (CompletableFuture<HttpResponse<String>> request : requests) {
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                applier.maintain();
                return request.isDone();
              });
      assertThat(request.get().statusCode()).isEqualTo(200);
    }
    await().atMost(PATIENCE).until(() -> maintained().equals(List.of("be_a", "be_none")));
    expectNoReload();
  }

  @Test
  void driftIsMended() throws Exception {
    String both = hosts("site", "be_a") + hosts("b.example", "be_b");
    apply(config("a", "b"), both);
    seen();
    master("del map " + map + " b.example");
    if (changesBackends()) {
      master("unpublish backend be_b");
      master("set server be_b/s state maint");
      master("del server be_b/s");
      await().atMost(PATIENCE).until(() -> master("del backend be_b").endsWith("Backend deleted."));
      master("add backend be_foreign from services");
    }
    assertThat(answer("b.example")).startsWith("404");

    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              if (applier.maintain()) {
                applier.reconcile();
              }
              return answer("b.example").equals("200 b services")
                  && !backends().contains("foreign");
            });
    expectNoReload();
  }

  @Test
  void backendThatAnOperatorUnpublishesStaysSo() throws Exception {
    assumeTrue(changesBackends());
    String both = hosts("site", "be_a") + hosts("b.example", "be_b");
    apply(config("a", "b"), both);
    master("unpublish backend be_b");

    apply(config("a", "b", "c"), both + hosts("c.example", "be_c"));
    assertThat(answer("b.example")).startsWith("404");
    assertThat(applier.operatorOverrides())
        .extracting(Status::server, Status::setting)
        .containsExactly(tuple("be_b", "unpublished"));
    assertThat(apply(config("a", "b", "c").replace("inter 1s", "inter 2s"), both))
        .isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(answer("b.example")).startsWith("404");

    master("publish backend be_b");
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              applier.maintain();
              return applier.operatorOverrides().isEmpty();
            });
    assertThat(answer("b.example")).isEqualTo("200 b services");
  }

  @Test
  void restartedHaproxyHasWhatCameAtRunTime() throws Exception {
    String both = hosts("site", "be_a") + hosts("b.example", "be_b");
    apply(config("a", "b"), both);

    container.halt();
    await().atMost(PATIENCE).until(() -> !haproxy.status().running());
    container.resume();
    await().atMost(PATIENCE).until(() -> haproxy.status().running());

    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(() -> answer("b.example").startsWith("200 b"));
  }

  private ApplyResult apply(String text, String entries) {
    return applier.apply(text, Map.of(map, entries));
  }

  private void seen() throws IOException {
    reloads = haproxy.status().reloads();
    worker = worker();
  }

  private long worker() throws IOException {
    return master("show info")
        .lines()
        .filter(line -> line.startsWith("Pid: "))
        .mapToLong(line -> Long.parseLong(line.substring(5)))
        .findFirst()
        .orElseThrow();
  }

  private void expectOnlyReloadBefore34(ApplyResult applied, String what) throws IOException {
    if (changesBackends()) {
      assertThat(applied)
          .isInstanceOfSatisfying(
              ApplyResult.RuntimeChanged.class,
              changed -> assertThat(changed.summary()).contains(what));
      expectNoReload();
    } else {
      assertThat(applied)
          .isInstanceOfSatisfying(
              ApplyResult.Reloaded.class,
              reloaded -> assertThat(reloaded.reason()).startsWith(what).contains("while it runs"));
      assertThat(haproxy.status().reloads()).isEqualTo(reloads + 1);
      seen();
    }
  }

  private void expectNoReload() throws IOException {
    assertThat(worker()).as("worker").isEqualTo(worker);
    assertThat(haproxy.status().reloads()).as("reloads").isEqualTo(reloads);
  }

  private boolean changesBackends() {
    String version = haproxy.status().version();
    return version != null
        && HaproxyVersion.parse(version).atLeast(HaproxyVersion.RUNTIME_BACKENDS);
  }

  /** The backends, after what is due between two changes. */
  private List<String> maintained() throws IOException {
    applier.maintain();
    return backends();
  }

  private List<String> backends() throws IOException {
    return master("show backend").lines().filter(line -> line.startsWith("be_")).sorted().toList();
  }

  private String master(String command) throws IOException {
    RuntimeApi master = RuntimeApi.throughMaster(directory.resolve("master.sock"));
    try (RuntimeApi.Session session = master.open()) {
      return session.ask(command);
    }
  }

  /** Status, instance, and what the defaults of the services add. */
  private String answer(String host) throws Exception {
    HttpResponse<String> answer = ask(host, "/").get(20, TimeUnit.SECONDS);
    return answer.statusCode()
        + " "
        + answer.body()
        + answer.headers().firstValue("x-by").map(by -> " " + by).orElse("");
  }

  private CompletableFuture<HttpResponse<String>> ask(String host, String path) {
    // The client itself sets the header Host.
    URI site = container.site();
    return HttpClient.newHttpClient()
        .sendAsync(
            HttpRequest.newBuilder(site.resolve(path))
                .header("x-host", host)
                .timeout(Duration.ofSeconds(20))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  /** Where the first entry for the site leads. */
  private static String leadsTo(String text) {
    return MapFile.values(MapFile.parse("", text, false).entries()).getOrDefault("site", "");
  }

  private static String hosts(String key, String backend) {
    return key + " " + backend + "\n";
  }

  /** A site whose services are frontends of the same HAProxy that tell their names. */
  private String config(String... services) {
    return """
    global
        hard-stop-after 30s
    defaults ends
        mode http
        timeout connect 2s
        timeout client 30s
        timeout server 30s
        timeout http-keep-alive 10s
        timeout tarpit 3s
        option idle-close-on-response
    defaults services
        mode http
        timeout connect 2s
        timeout server 30s
        timeout queue 20s
        balance roundrobin
        option httpchk GET /
        http-response set-header x-by services
        default-server check inter 1s maxconn 1
    frontend fe_site from ends
        bind :8080
        http-request set-var(txn.host) req.hdr(x-host)
        http-request set-var(txn.host) str(site) if !{ var(txn.host) -m found }
        use_backend %%[var(txn.host),lower,map(%1$s)] if { var(txn.host),lower,map(%1$s) -m found }
        default_backend be_none
    backend be_none from ends
        http-request return status 404
    %2$s
    %3$s
    """
        .formatted(
            map,
            Stream.of(services)
                .map(
                    name ->
                        """
                        backend be_%s from services
                            server s 127.0.0.1:%d
                        """
                            .formatted(name, port(name)))
                .collect(Collectors.joining()),
            Stream.of("a", "b", "c").map(RuntimeBackendsIT::pool).collect(Collectors.joining()));
  }

  private static String pool(String name) {
    return """
    frontend fe_%s from ends
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
