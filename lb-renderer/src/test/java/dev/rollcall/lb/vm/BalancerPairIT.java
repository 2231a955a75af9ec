package dev.rollcall.lb.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Network.Ipam;
import dev.rollcall.lb.haproxy.LoadGenerator;
import dev.rollcall.lb.haproxy.SiteClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.Network;

/**
 * Two machines with HAProxy, lb-renderer and keepalived behind one address, set up and worked on by
 * the commands of docs/how-to/pair.md. Clients are in this JVM, which reaches the machines by their
 * addresses.
 */
@EnabledIfEnvironmentVariable(named = "LB_DEB_IMAGE", matches = ".+")
class BalancerPairIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Without an answer for so long at most, when a machine is gone. */
  private static final Duration GAP = Duration.ofSeconds(3);

  private static final int ATTEMPT_MILLIS = 300;
  private static final List<String> NODES = List.of("a", "b", "c", "d");

  /** Each answers with its name. */
  private static final String WEB_SERVERS =
      """
      defaults
        mode http
        timeout client 60s
        timeout server 5s
        timeout connect 1s
      """
          + NODES.stream()
              .map(
                  node ->
                      """
                      frontend %1$s
                        bind :%2$d
                        http-request return status 200 content-type text/plain string "%1$s\\n"
                      """
                          .formatted(node, port(node)))
              .reduce("", String::concat);

  private static final List<AutoCloseable> opened = new ArrayList<>();

  /** The first three numbers of the network's addresses, with a dot. */
  private static String prefix = "";

  private static Page page = new Page("");
  private static Vm lb1;
  private static Vm lb2;

  /** With Consul's server and the web servers. */
  private static Vm web;

  @BeforeAll
  static void setsUpAsThePagesSay() throws IOException {
    Network network = network();
    String image = System.getenv("LB_DEB_IMAGE");
    web = open(Vm.in(network, image, "web", address(20)));
    lb1 = open(Vm.in(network, image, "lb1", address(11)));
    lb2 = open(Vm.in(network, image, "lb2", address(12)));
    page = Page.named("how-to/pair.md").with("192.0.2.", prefix);

    web.run("cat > /root/web.cfg <<'END'\n" + WEB_SERVERS + "END");
    web.run("haproxy -D -f /root/web.cfg");
    consul(web, "-server -bootstrap -client 0.0.0.0");
    NODES.forEach(node -> register(web, node));
    Page machine = Page.named("how-to/vm.md");
    List<String> attached = machine.commands("Attached to Debian's haproxy.service");
    for (Vm lb : machines()) {
      consul(lb, "-retry-join " + address(20));
      lb.run("dpkg -i /root/lb-renderer.deb");
      lb.run(attached.get(0));
      lb.run(attached.get(1));
      // What the tests look at besides what the template has.
      lb.run(
          "echo LB_HASH_HEADER=X-Key >> /etc/lb-renderer/lb-renderer.env;"
              + " haproxy -v | grep -q 'version 2' || echo LB_HASH_KEY=addr-port >> /etc/lb-renderer/lb-renderer.env");
      lb.run(
          "sed -i 's,^    cookie SERVER.*,&\\n    stick-table type string len 32 size 10k expire 30m peers pair\\n"
              + "    stick on hdr(X-Visitor),' /usr/share/lb-renderer/pair/pair.mustache");
      page.commands("The same HAProxy on both machines").forEach(lb::run);
    }
    for (Vm lb : machines()) {
      lb.run(page.commands("One address").get(0));
    }
  }

  @AfterAll
  static void ends() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  @BeforeEach
  void oneMachineHasTheAddressAndBothAreReady() {
    await().atMost(PATIENCE).until(() -> Stream.of(lb1, lb2).filter(this::hasAddress).count() == 1);
    for (Vm lb : machines()) {
      lb.eventually("curl -sf 127.0.0.1:8404/readyz; systemctl is-active keepalived");
      lb.eventually(PEERS + " | grep -q 'last_status=ESTA'");
    }
    await().atMost(PATIENCE).until(() -> names(lb1).size() == 4 && names(lb2).size() == 4);
  }

  private static final String PEERS =
      "echo '@1 show peers' | socat - UNIX-CONNECT:/run/haproxy/master.sock | grep '(remote,'";

  @Test
  void namesAndCookiesAreTheSameWhateverEachHasSeen() throws IOException {
    lb2.run("systemctl stop lb-renderer");
    // The service moves to another agent: an id that one lb-renderer has seen on two nodes, and the
    // other on one.
    web.run("curl -sf -X PUT 127.0.0.1:8500/v1/agent/service/deregister/web-a");
    register(lb1, "a");
    await().atMost(PATIENCE).until(() -> !lb1.run(WEB_LINES).equals(lb2.run(WEB_LINES)));
    lb2.run("systemctl start lb-renderer");

    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(lb2.run(WEB_LINES)).isEqualTo(lb1.run(WEB_LINES)));
    Answer first = ask(address(11), Map.of());
    assertThat(first.cookie()).startsWith("SERVER=web-");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(ask(address(12), Map.of("Cookie", first.cookie())).node())
                    .isEqualTo(first.node()));
  }

  @Test
  void stickTablesAreAlike() throws IOException {
    for (int visitor = 0; visitor < 8; visitor++) {
      Map<String, String> header = Map.of("X-Visitor", "visitor-" + visitor);
      Answer first = ask(address(11 + visitor % 2), header);
      String other = address(12 - visitor % 2);
      String key = "key=visitor-" + visitor;
      for (Vm lb : machines()) {
        lb.eventually(TABLE.formatted("web") + " | grep -q " + key);
      }
      assertThat(ask(other, header).node()).isEqualTo(first.node());
    }
    // What each client has done counts on both.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(lb2.run(TABLE.formatted("clients") + COUNTS))
                    .isNotEmpty()
                    .isEqualTo(lb1.run(TABLE.formatted("clients") + COUNTS)));
  }

  private static final String TABLE =
      "echo '@1 show table %s' | socat - UNIX-CONNECT:/run/haproxy/master.sock";
  private static final String COUNTS = " | grep -o 'key=.*\\|http_req_cnt=.*' | cut -d' ' -f1";

  @Test
  void aKeyGoesToTheSameServerByBoth() throws IOException {
    List<String> byOne = byKey(address(11));

    assertThat(byOne.stream().distinct().count()).isGreaterThan(1);
    assertThat(byKey(address(12))).isEqualTo(byOne);
  }

  private static List<String> byKey(String host) throws IOException {
    List<String> nodes = new ArrayList<>();
    for (int key = 0; key < 24; key++) {
      nodes.add(ask(host, Map.of("X-Key", "key-" + key)).node());
    }
    return nodes;
  }

  @Test
  void aPlannedTakeoverLosesNothing() {
    List<String> steps = page.commands("A planned takeover");
    Vm before = withAddress();
    Vm after = before == lb1 ? lb2 : lb1;
    try (LoadGenerator load = new LoadGenerator(new SiteClient(address(10), 80), "/", 2, 2)) {
      await().atMost(PATIENCE).until(() -> load.answered() > 20);
      before.run(steps.get(0));
      assertThat(hasAddress(after)).isTrue();
      assertThat(hasAddress(before)).isFalse();
      before.run(steps.get(1));
      long soFar = load.answered();
      await().atMost(PATIENCE).until(() -> load.answered() > soFar + 20);
      assertThat(load.failures()).isEmpty();
    }
    assertThat(hasAddress(after)).as("it stays").isTrue();
    before.run("test -z \"$(nft list tables inet)\"");
    assertThat(ask(address(10)).keptOpen()).isTrue();
  }

  @Test
  void aMachineKeepsTheAddressThatTheOtherDoesNotTake() {
    String release = page.commands("A planned takeover").get(0).strip() + " --drain 0";
    Vm lb = withAddress();
    Vm other = lb == lb1 ? lb2 : lb1;

    other.run("systemctl stop keepalived haproxy");
    ExecResult refused = lb.exec(release);
    other.run("systemctl start haproxy");
    assertThat(refused.getStderr()).contains("does not answer at port 9000");
    assertThat(refused.getExitCode()).isEqualTo(1);
    assertThat(hasAddress(lb)).isTrue();

    other.eventually("curl -sf 127.0.0.1:9000/haproxy_health");
    ExecResult returned = lb.exec(release);
    other.run("systemctl start keepalived");
    assertThat(returned.getStderr()).contains("did not take over");
    assertThat(returned.getExitCode()).isEqualTo(1);
    lb.eventually("ip -o address show | grep -q " + address(10) + "; curl -sf " + address(10));
    lb.run("test -z \"$(nft list tables inet)\"");
  }

  @Test
  void theOtherServesWhenAMachineIsGoneAndTheAddressStaysWhenItIsBack() {
    Vm gone = withAddress();
    Vm other = gone == lb1 ? lb2 : lb1;
    try (Probe probe = new Probe(address(10))) {
      await().atMost(PATIENCE).until(() -> probe.answered() > 10);
      gone.powerOff();
      await().atMost(PATIENCE).until(() -> hasAddress(other));
      long soFar = probe.answered();
      await().atMost(PATIENCE).until(() -> probe.answered() > soFar + 10);
      assertThat(probe.longestGap()).isBetween(Duration.ofMillis(ATTEMPT_MILLIS), GAP);
    }
    assertThat(hasAddress(other)).isTrue();

    gone.powerOn();
    gone.run("ip address show to " + address(10));
    oneMachineHasTheAddressAndBothAreReady();
    assertThat(hasAddress(other)).as("it stays").isTrue();
    // A HAProxy that starts gets the tables of the other.
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(gone.run(TABLE.formatted("clients") + COUNTS))
                    .isNotEmpty()
                    .isEqualTo(other.run(TABLE.formatted("clients") + COUNTS)));
  }

  // The machines

  private static final String WEB_LINES =
      "grep '^ *server web-' /var/lib/lb-renderer/haproxy.cfg | sort";

  private static List<Vm> machines() {
    return List.of(lb1, lb2);
  }

  private boolean hasAddress(Vm lb) {
    return !lb.run("ip -o address show to " + address(10)).isEmpty();
  }

  private Vm withAddress() {
    return hasAddress(lb1) ? lb1 : lb2;
  }

  private static List<String> names(Vm lb) {
    return lb.run(WEB_LINES + " | awk '{print $2}'").lines().toList();
  }

  /** Consul as a service that a machine has after a boot, too. */
  private static void consul(Vm vm, String options) {
    vm.run(
        """
        cat > /etc/systemd/system/consul.service <<'END'
        [Service]
        ExecStart=/usr/bin/consul agent -data-dir /var/lib/consul -log-level=warn -bind '{{GetInterfaceIP "eth0"}}' %s
        Restart=on-failure
        [Install]
        WantedBy=multi-user.target
        END
        systemctl daemon-reload
        systemctl enable --now consul
        """
            .formatted(options));
    vm.eventually("curl -sf 127.0.0.1:8500/v1/status/leader | grep -q :");
  }

  private static void register(Vm agent, String node) {
    agent.run(
        "curl -sf -X PUT 127.0.0.1:8500/v1/agent/service/register -d"
            + " '{\"Name\":\"web\",\"ID\":\"web-%s\",\"Address\":\"%s\",\"Port\":%d}'"
                .formatted(node, address(20), port(node)));
  }

  private static int port(String node) {
    return 8081 + NODES.indexOf(node);
  }

  private static String address(int host) {
    return prefix + host;
  }

  /** With addresses of our choice, which a restart does not change. */
  private static Network network() {
    for (int attempt = 0; ; attempt++) {
      prefix = "10.213." + ThreadLocalRandom.current().nextInt(256) + ".";
      String subnet = prefix + "0/24";
      Network network =
          Network.builder()
              .createNetworkCmdModifier(
                  command ->
                      command.withIpam(new Ipam().withConfig(new Ipam.Config().withSubnet(subnet))))
              .build();
      try {
        network.getId();
        opened.add(network);
        return network;
      } catch (DockerException taken) {
        if (attempt == 20) {
          throw taken;
        }
      }
    }
  }

  private static Vm open(Vm vm) {
    opened.add(vm);
    return vm;
  }

  // The site

  /** A client that asks at short intervals, and never waits for long. */
  private static final class Probe implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
    private final ScheduledFuture<?> probing;
    private final AtomicInteger answered = new AtomicInteger();
    private volatile Duration longestGap = Duration.ZERO;
    private long lastAnswer = System.nanoTime();

    Probe(String host) {
      probing =
          executor.scheduleWithFixedDelay(
              () -> probe(host), 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void probe(String host) {
      try {
        ask(host, Map.of(), ATTEMPT_MILLIS);
      } catch (IOException noAnswer) {
        return;
      }
      long now = System.nanoTime();
      Duration gap = Duration.ofNanos(now - lastAnswer);
      longestGap = gap.compareTo(longestGap) > 0 ? gap : longestGap;
      lastAnswer = now;
      answered.incrementAndGet();
    }

    int answered() {
      return answered.get();
    }

    /** The longest time between two answers. */
    Duration longestGap() {
      return longestGap;
    }

    @Override
    public void close() {
      probing.cancel(true);
      executor.shutdownNow();
    }
  }

  /** An answer with status 200. */
  private record Answer(String node, String cookie, boolean keptOpen) {}

  private static Answer ask(String host) {
    try {
      return ask(host, Map.of());
    } catch (IOException e) {
      throw new AssertionError(host, e);
    }
  }

  private static Answer ask(String host, Map<String, String> headers) throws IOException {
    return ask(host, headers, 5_000);
  }

  /** Over a connection of its own, within so many milliseconds. */
  private static Answer ask(String host, Map<String, String> headers, int millis)
      throws IOException {
    HttpURLConnection request =
        (HttpURLConnection) URI.create("http://" + host + "/").toURL().openConnection();
    request.setConnectTimeout(millis);
    request.setReadTimeout(millis);
    headers.forEach(request::setRequestProperty);
    try (InputStream body = request.getInputStream()) {
      String cookie = request.getHeaderField("Set-Cookie");
      return new Answer(
          new String(body.readAllBytes(), StandardCharsets.UTF_8).strip(),
          cookie == null ? "" : cookie.split(";", 2)[0],
          !"close".equals(request.getHeaderField("Connection")));
    } finally {
      request.disconnect();
    }
  }
}
