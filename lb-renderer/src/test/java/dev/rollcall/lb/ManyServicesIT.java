package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.template.HostileServices;
import java.io.IOException;
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

/** The template {@code many-services} with a real Consul and each HAProxy. */
class ManyServicesIT {
  private static final Duration AWHILE = Duration.ofSeconds(60);
  private static final int TCP = 9042;
  private static final String OPTIONS =
      "--template /many-services.mustache:/tmp/haproxy.cfg"
          + " --template /many-services.map.mustache:/tmp/services.map"
          + " --services '*' --allow-host '*.example.org' --allow-port 9040-9049"
          + " --read-tags fabio,traefik";

  private static ContainerSite site(String image) {
    ContainerSite site =
        new ContainerSite(image, List.of(), OPTIONS, TCP)
            .withTemplate("many-services.mustache")
            .withTemplate("many-services.map.mustache");
    site.balancer().withEnv("LB_SERVICES_MAP", "/tmp/services.map");
    return site;
  }

  /** The status code and the body. */
  private static String get(ContainerSite site, String host, String target) throws IOException {
    return get(site, ContainerSite.PLAIN, host, target);
  }

  private static String get(ContainerSite site, int port, String host, String target)
      throws IOException {
    return ContainerSite.codeAndBody(site.exchange(port, ContainerSite.request(host, target)));
  }

  private static void awaitAnswer(ContainerSite site, String host, String target, String answer) {
    await()
        .atMost(AWHILE)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(get(site, host, target)).isEqualTo(answer));
  }

  /** What the status says of the services. */
  private static JsonArray services(ContainerSite site) throws IOException {
    return JsonParser.parseString(site.status()).getAsJsonObject().getAsJsonArray("services");
  }

  /** What it says of one. */
  private static JsonObject service(ContainerSite site, String name) throws IOException {
    for (JsonElement one : services(site)) {
      if (one.getAsJsonObject().get("name").getAsString().equals(name)) {
        return one.getAsJsonObject();
      }
    }
    return new JsonObject();
  }

  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxiesWithJava")
  void routesByHostAndPathAndNewServicesComeAndGoWithoutAnEdit(String image) throws Exception {
    try (ContainerSite site = site(image)) {
      site.register("web", 9101, Map.of("lb-host", "www.example.org"));
      site.register("cart", 9102, Map.of("lb-host", "www.example.org", "lb-path", "/shop/cart"));
      site.register("shop", 9103, Map.of("lb-host", "www.example.org", "lb-path", "/shop"));
      site.register("db", 9104, Map.of("lb-mode", "tcp", "lb-port", "9042"));
      site.register("f", 9105, Map.of(), "urlprefix-f.example.org/x");
      site.register("t", 9106, Map.of(), "traefik.http.routers.a.rule=Host(`t.example.org`)");
      site.balancer().start();
      awaitAnswer(site, "www.example.org", "/", "200 9101");
      awaitAnswer(site, "t.example.org", "/", "200 9106");

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
        assertThat(get(site, "www.example.org", one.getKey()))
            .as(one.getKey())
            .isEqualTo(one.getValue());
      }
      assertThat(get(site, "WWW.Example.ORG:8080", "/shop/cart")).isEqualTo("200 9102");
      assertThat(get(site, "f.example.org", "/x/y")).isEqualTo("200 9105");
      for (String host : List.of("f.example.org", "example.org", "*", "www.example.org.")) {
        assertThat(get(site, host, "/"))
            .isEqualTo("404 No service is known at this host and path.");
      }
      assertThat(get(site, TCP, "any", "/")).isEqualTo("200 9104");

      site.register("new", 9107, Map.of("lb-host", "new.example.org"));
      awaitAnswer(site, "new.example.org", "/", "200 9107");
      site.register("late", 9108, Map.of("lb-host", "new.example.org,late.example.org"));
      awaitAnswer(site, "late.example.org", "/", "200 9108");
      assertThat(get(site, "new.example.org", "/")).isEqualTo("200 9107");
      // The status follows the traffic.
      await()
          .atMost(AWHILE)
          .untilAsserted(
              () ->
                  assertThat(service(site, "late").get("routing"))
                      .isEqualTo(
                          JsonParser.parseString(
                              "{\"routes\":[\"late.example.org/\"],\"refused\":[{\"route\":\"new.example.org/\",\"reason\":\"service new has it, which was registered first\"}]}")));

      site.consul().deregister("new-9107");
      awaitAnswer(site, "new.example.org", "/", "200 9108");
      site.consul().deregister("late-9108");
      awaitAnswer(site, "late.example.org", "/", "404 No service is known at this host and path.");
      assertThat(get(site, "www.example.org", "/")).isEqualTo("200 9101");
      assertThat(
              site.balancer()
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
    try (ContainerSite site = site(image)) {
      site.register("web", 9101, Map.of("lb-host", HostileServices.TAKEN));
      site.register("shop", 9103, Map.of("lb-host", HostileServices.TAKEN, "lb-path", "/shop"));
      site.balancer().start();
      awaitAnswer(site, HostileServices.TAKEN, "/", "200 9101");
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
        registered += site.consul().registers(evil) ? 1 : 0;
      }
      assertThat(registered).isGreaterThan(30);
      site.register("last", 9107, Map.of("lb-host", "last.example.org"));
      awaitAnswer(site, "last.example.org", "/", "200 9107");

      await().atMost(AWHILE).until(() -> visits.get() > 20 || visiting.isDone());
      done.set(true);
      assertThat(visiting.get()).isGreaterThan(20);
      assertThat(Objects.requireNonNull(service(site, "web").getAsJsonObject("routing")).toString())
          .contains("\"refused\":[]");
      assertThat(services(site).size()).isGreaterThan(20);
    } finally {
      done.set(true);
      visitors.shutdownNow();
    }
  }

  /** Asks both healthy services until told to stop, and counts how often; each answer is right. */
  private static void visit(ContainerSite site, AtomicInteger visits, AtomicBoolean done)
      throws IOException {
    while (!done.get()) {
      assertThat(get(site, HostileServices.TAKEN, "/")).isEqualTo("200 9101");
      assertThat(get(site, HostileServices.TAKEN, "/shop/x")).isEqualTo("200 9103");
      visits.incrementAndGet();
    }
  }
}
