package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.template.HostileServices;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/** The template {@code many-services} with a real Consul and each HAProxy. */
class ManyServicesIT {
  private static final Duration AWHILE = Duration.ofSeconds(60);
  private static final int SITE = 8080;
  private static final int TCP = 9042;
  private static final int STATUS = 8404;
  private static final Path TEMPLATES = Path.of("../compose/templates");

  /** Another HAProxy plays the services: each port answers with its number. */
  private static final String NODES =
      """
      defaults
        mode http
        timeout client 30s
      frontend nodes
        bind 127.0.0.1:9101-9120
        http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  private static final String SCRIPT =
      "haproxy -D -f /nodes.cfg && exec java -Xmx160m -XX:TieredStopAtLevel=1 -jar /lb-renderer.jar"
          + " --haproxy \"$(command -v haproxy)\" --allow-loopback yes --listen 0.0.0.0:8404"
          + " --consul http://consul:8500 --min-servers 0"
          + " --template /many-services.mustache:/tmp/haproxy.cfg"
          + " --template /many-services.map.mustache:/tmp/services.map"
          + " --services '*' --allow-host '*.example.org' --allow-port 9040-9049"
          + " --read-tags fabio,traefik";

  /** A Consul, and a load balancer that asks it. */
  private static final class Site implements AutoCloseable {
    private final Network network = Network.newNetwork();
    private final ConsulContainer consul = new ConsulContainer();
    private final GenericContainer<?> balancer;

    Site(String image) {
      consul.withNetwork(network).withNetworkAliases("consul");
      consul.start();
      balancer =
          new GenericContainer<>(DockerImageName.parse(image))
              .withNetwork(network)
              .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
              .withCopyFileToContainer(
                  MountableFile.forHostPath(Path.of("target/lb-renderer.jar"), 0644),
                  "/lb-renderer.jar")
              .withCopyToContainer(Transferable.of(NODES), "/nodes.cfg")
              .withEnv("LB_SERVICES_MAP", "/tmp/services.map")
              .withEnv("LB_SITE_PORT", String.valueOf(SITE))
              .withCreateContainerCmdModifier(
                  command -> command.withEntrypoint("/bin/sh", "-c", SCRIPT))
              .withExposedPorts(STATUS, SITE, TCP)
              .waitingFor(
                  Wait.forHttp("/readyz")
                      .forPort(STATUS)
                      .withStartupTimeout(Duration.ofMinutes(2)));
      for (String name : List.of("many-services.mustache", "many-services.map.mustache")) {
        balancer.withCopyFileToContainer(
            MountableFile.forHostPath(TEMPLATES.resolve(name), 0644), "/" + name);
      }
    }

    void register(String service, int port, Map<String, String> meta, String... tags) {
      assertThat(
              consul.registers(
                  ServiceInstance.builder(service, "127.0.0.1", port)
                      .id(service + "-1")
                      .meta(meta)
                      .tags(List.of(tags))
                      .build()))
          .isTrue();
    }

    /** The status code and the body, or what the body ends with. */
    String get(int port, String host, String target) throws IOException {
      String answer =
          exchange(
              port,
              "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
      String[] parts = answer.split("\r\n\r\n", 2);
      return parts.length < 2 ? "no answer" : parts[0].substring(9, 12) + " " + parts[1].strip();
    }

    private String exchange(int port, String request) throws IOException {
      try (Socket socket = new Socket(balancer.getHost(), balancer.getMappedPort(port));
          InputStream in = socket.getInputStream()) {
        socket.setSoTimeout(10_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      }
    }

    void awaitAnswer(String host, String target, String answer) {
      await()
          .atMost(AWHILE)
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(get(SITE, host, target)).isEqualTo(answer));
    }

    JsonObject status() throws IOException {
      String answer = exchange(STATUS, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
      return JsonParser.parseString(answer.substring(answer.indexOf("\r\n\r\n"))).getAsJsonObject();
    }

    /** What the status says of a service. */
    JsonObject status(String service) throws IOException {
      for (JsonElement one : status().getAsJsonArray("services")) {
        if (one.getAsJsonObject().get("name").getAsString().equals(service)) {
          return one.getAsJsonObject();
        }
      }
      return new JsonObject();
    }

    @Override
    public void close() {
      balancer.stop();
      consul.stop();
      network.close();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxiesWithJava")
  void routesByHostAndPathAndNewServicesComeAndGoWithoutAnEdit(String image) throws Exception {
    try (Site site = new Site(image)) {
      site.register("web", 9101, Map.of("lb-host", "www.example.org"));
      site.register("cart", 9102, Map.of("lb-host", "www.example.org", "lb-path", "/shop/cart"));
      site.register("shop", 9103, Map.of("lb-host", "www.example.org", "lb-path", "/shop"));
      site.register("db", 9104, Map.of("lb-mode", "tcp", "lb-port", "9042"));
      site.register("f", 9105, Map.of(), "urlprefix-f.example.org/x");
      site.register("t", 9106, Map.of(), "traefik.http.routers.a.rule=Host(`t.example.org`)");
      site.balancer.start();
      site.awaitAnswer("www.example.org", "/", "200 9101");
      site.awaitAnswer("t.example.org", "/", "200 9106");

      Map<String, String> expected = new HashMap<>();
      expected.put("/shop", "200 9103");
      expected.put("/shop/", "200 9103");
      expected.put("/shop?x=/cart", "200 9103");
      expected.put("/shop/cart", "200 9102");
      expected.put("/shop/cart/1/2", "200 9102");
      expected.put("/shop/carts", "200 9103");
      expected.put("/shopping", "200 9101");
      expected.put("/SHOP", "200 9101");
      expected.put("http://www.example.org/shop", "200 9103");
      for (Map.Entry<String, String> one : expected.entrySet()) {
        assertThat(site.get(SITE, "www.example.org", one.getKey()))
            .as(one.getKey())
            .isEqualTo(one.getValue());
      }
      assertThat(site.get(SITE, "WWW.Example.ORG:8080", "/shop/cart")).isEqualTo("200 9102");
      assertThat(site.get(SITE, "f.example.org", "/x/y")).isEqualTo("200 9105");
      for (String host : List.of("f.example.org", "example.org", "*", "www.example.org.")) {
        assertThat(site.get(SITE, host, "/"))
            .isEqualTo("404 No service is known at this host and path.");
      }
      assertThat(site.get(TCP, "any", "/")).isEqualTo("200 9104");

      site.register("new", 9107, Map.of("lb-host", "new.example.org"));
      site.awaitAnswer("new.example.org", "/", "200 9107");
      site.register("late", 9108, Map.of("lb-host", "new.example.org,late.example.org"));
      site.awaitAnswer("late.example.org", "/", "200 9108");
      assertThat(site.get(SITE, "new.example.org", "/")).isEqualTo("200 9107");
      // The status follows the traffic.
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () ->
                  assertThat(site.status("late").get("routing"))
                      .isEqualTo(
                          JsonParser.parseString(
                              "{\"routes\":[\"late.example.org/\"],\"refused\":[{\"route\":\"new.example.org/\",\"reason\":\"service new has it, which was registered first\"}]}")));

      site.consul.deregister("new-1");
      site.awaitAnswer("new.example.org", "/", "200 9108");
      site.consul.deregister("late-1");
      site.awaitAnswer("late.example.org", "/", "404 No service is known at this host and path.");
      assertThat(site.get(SITE, "www.example.org", "/")).isEqualTo("200 9101");
      assertThat(
              site.balancer
                  .execInContainer("haproxy", "-dW", "-c", "-f", "/tmp/haproxy.cfg")
                  .getExitCode())
          .isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxiesWithJava")
  void hostileServicesBesideHealthyOnesHurtNobody(String image) throws Exception {
    ExecutorService visitors = Executors.newSingleThreadExecutor();
    AtomicBoolean done = new AtomicBoolean();
    try (Site site = new Site(image)) {
      site.register("web", 9101, Map.of("lb-host", HostileServices.TAKEN));
      site.register("shop", 9103, Map.of("lb-host", HostileServices.TAKEN, "lb-path", "/shop"));
      site.balancer.start();
      site.awaitAnswer(HostileServices.TAKEN, "/", "200 9101");
      AtomicInteger visits = new AtomicInteger();
      Future<Integer> visiting =
          visitors.submit(
              () -> {
                visit(site, visits, done);
                return visits.get();
              });

      List<ServiceInstance> corpus = HostileServices.all();
      int registered = 0;
      for (int i = 0; i < corpus.size(); i += 7) {
        ServiceInstance evil = corpus.get(i).toBuilder().id("evil-id-" + i).build();
        registered += site.consul.registers(evil) ? 1 : 0;
      }
      assertThat(registered).isGreaterThan(30);
      site.register("last", 9107, Map.of("lb-host", "last.example.org"));
      site.awaitAnswer("last.example.org", "/", "200 9107");

      await().atMost(AWHILE).until(() -> visits.get() > 20 || visiting.isDone());
      done.set(true);
      assertThat(visiting.get()).isGreaterThan(20);
      assertThat(Objects.requireNonNull(site.status("web").getAsJsonObject("routing")).toString())
          .contains("\"refused\":[]");
      assertThat(site.status().getAsJsonArray("services").size()).isGreaterThan(20);
    } finally {
      done.set(true);
      visitors.shutdownNow();
    }
  }

  /** Asks both healthy services until told to stop, and counts how often; each answer is right. */
  private static void visit(Site site, AtomicInteger visits, AtomicBoolean done)
      throws IOException {
    while (!done.get()) {
      assertThat(site.get(SITE, HostileServices.TAKEN, "/")).isEqualTo("200 9101");
      assertThat(site.get(SITE, HostileServices.TAKEN, "/shop/x")).isEqualTo("200 9103");
      visits.incrementAndGet();
    }
  }
}
