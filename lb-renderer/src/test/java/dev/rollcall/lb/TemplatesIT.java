package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.HostileInstances;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The templates that come with the project: HAProxy takes what they render, without a warning,
 * whoever is in the pools.
 */
class TemplatesIT {
  private static final List<TemplateSource> TEMPLATES =
      List.of(
          TemplateSource.builtIn(),
          TemplateSource.of(Path.of("../compose/templates/web-and-tcp.mustache")),
          TemplateSource.of(Path.of("../compose/templates/recipes.mustache")),
          TemplateSource.of(Path.of("../docs/templates/from-consul-template.mustache")),
          TemplateSource.of(Path.of("../docs/templates/from-fabio.mustache")),
          TemplateSource.of(Path.of("../compose/templates/datacenters.mustache")),
          TemplateSource.of(Path.of("../compose/templates/tls.mustache")));

  private static final List<Map<String, String>> ENVIRONMENTS =
      List.of(
          Map.of(),
          Map.of("STATS_PASSWORD", "sesame"),
          Map.of(
              "STATS_USER",
              "ops",
              "STATS_PASSWORD",
              "a.b_c~d/e-f:g@h,i+j=k!l*m",
              "LB_SITE_PORT",
              "8080",
              "LB_TLS_PORT",
              "8443",
              "LB_CERTIFICATES",
              "/etc/haproxy/certs/site.pem",
              "LB_STATS_PORT",
              "9090",
              "LB_REDIS_PORT",
              "6380",
              "LB_RUN_DIR",
              "/tmp"));

  private static final List<CatalogSnapshot> VIEWS =
      List.of(
          CatalogSnapshot.EMPTY,
          view(TestInstances.instance("web-1-8080")),
          view(
              TestInstances.instance("web-1-8080"),
              TestInstances.at("web-6", "2001:db8::6", 65_535),
              TestInstances.at("host:web:8080", "198.18.0.9", 1),
              TestInstances.at("_nomad-task-" + "x".repeat(100), "198.18.0.10", 80),
              TestInstances.at("evil\n  bind :1", "127.0.0.1 backup", 80),
              TestInstances.onNode("twin", "n1"),
              TestInstances.moved(TestInstances.onNode("twin", "n2"), "198.18.0.11", 80),
              TestInstances.weighing("idle", 0),
              TestInstances.weighing("heavy", 256)));

  private static CatalogSnapshot view(ServiceInstance... instances) {
    return CatalogSnapshot.of(
        Map.of(
            "web",
            Pool.of(List.of(instances)),
            "redis",
            Pool.of(List.of(TestInstances.at("redis-1", "198.18.1.1", 6379))),
            "shop",
            Pool.of(
                List.of(
                    TestInstances.with(
                        "shop-1",
                        List.of(),
                        Map.of(
                            "lb-balance",
                            "source",
                            "lb-check-path",
                            "/well",
                            "lb-timeout",
                            "1m",
                            "lb-maxconn",
                            "50",
                            "lb-sticky",
                            "true")))),
            "web@dc2",
            Pool.of(List.of(instances)),
            "sorry",
            Pool.of(List.of(TestInstances.at("sorry-1", "198.18.1.2", 80)))));
  }

  /** Good instances and the hostile corpus in every pool. */
  private static CatalogSnapshot hostile(Set<String> services) {
    return CatalogSnapshot.of(
        services.stream()
            .collect(
                Collectors.toMap(
                    service -> service,
                    service -> {
                      List<ServiceInstance> all = new ArrayList<>(HostileInstances.of(service));
                      all.add(HostileInstances.good(service, service + "-good"));
                      return Pool.of(all);
                    })));
  }

  /** Every answer that the table of options allows is one that HAProxy takes. */
  private static List<CatalogSnapshot> options() {
    List<CatalogSnapshot> views = new ArrayList<>();
    for (String balance :
        List.of("roundrobin", "static-rr", "leastconn", "first", "source", "random")) {
      for (String timeout : List.of("1ms", "9999s", "9999m")) {
        ServiceInstance asking =
            TestInstances.with(
                "a",
                List.of("canary", "backup"),
                Map.of(
                    "lb-balance",
                    balance,
                    "lb-timeout",
                    timeout,
                    "lb-check-path",
                    "/" + "~".repeat(127),
                    "lb-maxconn",
                    "999999"));
        views.add(CatalogSnapshot.of(Map.of("shop", Pool.of(List.of(asking)))));
      }
    }
    return views;
  }

  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxies")
  void areTakenByHaproxyWithoutAWarning(String image) throws Exception {
    try (HaproxyConfigChecker haproxy = new HaproxyConfigChecker(image)) {
      haproxy.start();
      for (TemplateSource source : TEMPLATES) {
        for (Map<String, String> environment : ENVIRONMENTS) {
          HaproxyTemplate template =
              HaproxyTemplate.compile(
                  source.name(), source.read(), new TemplateEnvironment(environment));
          List<CatalogSnapshot> views = new ArrayList<>(VIEWS);
          views.add(hostile(template.services()));
          for (CatalogSnapshot view : views) {
            String text = template.render(view, ServerNames.NONE).text();
            assertThat(haproxy.judge(text))
                .as("%s of %s with %s:%n%s", image, source.name(), environment, text)
                .isEmpty();
          }
        }
      }
      TemplateSource recipes = TEMPLATES.get(2);
      HaproxyTemplate template =
          HaproxyTemplate.compile(
              recipes.name(), recipes.read(), new TemplateEnvironment(Map.of()));
      for (CatalogSnapshot view : options()) {
        assertThat(haproxy.judge(template.render(view, ServerNames.NONE).text()))
            .as("%s: %s", image, view)
            .isEmpty();
      }
      assertThat(haproxy.judge("nonsense\n")).startsWith("exit code 1: ");
    }
  }

  private static String server(String line) {
    return "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nfrontend f\n  bind 127.0.0.1:8080\n  default_backend b\nbackend b\n  server s "
        + line
        + "\n";
  }

  /** What instances are left out or changed for: HAProxy would refuse the whole configuration. */
  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxies")
  void haproxyTakesNoZonesAndNoWeightAbove256(String image) throws Exception {
    try (HaproxyConfigChecker haproxy = new HaproxyConfigChecker(image)) {
      haproxy.start();
      for (String address : List.of("[fe80::1%lo]:80", "fe80::1%lo:80", "[fe80::1%1]:80")) {
        assertThat(haproxy.judge(server(address)))
            .startsWith("exit code 1: ")
            .contains("could not resolve address");
      }
      assertThat(haproxy.judge(server("198.18.0.1:80 weight 257"))).startsWith("exit code 1: ");

      ServiceInstance heavy =
          ServiceInstance.builder("shop", "2001:db8::7", 8080)
              .id("heavy")
              .node("node-1")
              .tags(List.of("traefik.enable=true"))
              .meta(Map.of("lb-balance", "fastest", "lb-timeout", "90sec"))
              .weight(65_535)
              .datacenter("dc1")
              .build();
      TemplateSource recipes = TEMPLATES.get(2);
      String text =
          HaproxyTemplate.compile(recipes.name(), recipes.read(), new TemplateEnvironment(Map.of()))
              .render(CatalogSnapshot.of(Map.of("shop", Pool.of(List.of(heavy)))), ServerNames.NONE)
              .text();
      assertThat(text).contains("server heavy [2001:db8:0:0:0:0:0:7]:8080", "weight 256");
      assertThat(haproxy.judge(text)).isEmpty();
    }
  }
}
