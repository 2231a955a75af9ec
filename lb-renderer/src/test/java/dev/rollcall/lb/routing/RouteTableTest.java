package dev.rollcall.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.routing.RouteTable.ServiceRoutes;
import dev.rollcall.lb.routing.RoutingRules.PortRange;
import dev.rollcall.lb.routing.RoutingRules.TagSyntax;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTableTest {
  private static final RoutingRules RULES =
      new RoutingRules(
          List.of("www.example.com", "*.example.org"),
          List.of(new PortRange(9000, 9009), new PortRange(9443, 9443)),
          Set.of(TagSyntax.FABIO, TagSyntax.TRAEFIK));

  private static ServiceInstance instance(String service, long index, String... meta) {
    Map<String, String> all = new HashMap<>();
    for (int i = 0; i < meta.length; i += 2) {
      all.put(meta[i], meta[i + 1]);
    }
    return ServiceInstance.builder(service, "198.18.0.1", 80)
        .id(service + "-" + index)
        .node("n1")
        .meta(all)
        .createIndex(index)
        .build();
  }

  private static ServiceInstance tagged(String service, String... tags) {
    return ServiceInstance.builder(service, "198.18.0.1", 80)
        .node("n1")
        .tags(List.of(tags))
        .build();
  }

  private static RouteTable decide(Map<String, String> owners, ServiceInstance... instances) {
    Map<String, List<ServiceInstance>> all = new TreeMap<>();
    for (ServiceInstance one : instances) {
      all.computeIfAbsent(one.service(), name -> new ArrayList<>()).add(one);
    }
    return RouteTable.decide(owners, all, RULES, port -> port == 9001);
  }

  private static ServiceRoutes only(ServiceInstance... instances) {
    return decide(Map.of(), instances).services().values().iterator().next();
  }

  private static ServiceRoutes of(RouteTable table, String service) {
    return Objects.requireNonNull(table.services().get(service));
  }

  private static List<String> routes(ServiceRoutes of) {
    return of.routes().stream().map(Route::toString).toList();
  }

  private static List<String> reasons(ServiceRoutes of) {
    return of.refusals().stream().map(RouteTable.Refusal::toString).toList();
  }

  @Test
  void aHostInAnyCaseAndAPathWithoutItsLastSlashAreARoute() {
    ServiceRoutes web = only(instance("web", 1, "lb-host", "WWW.Example.ORG", "lb-path", "/a/b/"));
    assertThat(web.http()).containsExactly(new Route.Http("www.example.org", "/a/b"));
    assertThat(web.http().get(0).key()).isEqualTo("www.example.org/a/b/");
    assertThat(reasons(web)).isEmpty();
  }

  @Test
  void withoutAPathItIsTheRootAndSeveralHostsAreSeveralRoutes() {
    assertThat(routes(only(instance("web", 1, "lb-host", "a.example.org, b.example.org"))))
        .containsExactly("a.example.org/", "b.example.org/");
  }

  @Test
  void aServiceThatAsksForNothingHasNoRouteAndIsThere() {
    assertThat(only(instance("web", 1))).isEqualTo(new ServiceRoutes(List.of(), List.of()));
  }

  @ParameterizedTest
  @CsvSource({
    "example.org, is not among those of --allow-host",
    "www.example.com.evil.net, is not among those of --allow-host",
    "xexample.org, is not among those of --allow-host",
    "*, a route for every host is not allowed",
    "*.example.org, is not a DNS name",
    "a..example.org, is not a DNS name",
    "'', is not a DNS name",
  })
  void aHostThatIsNotAllowedIsRefusedWithTheReason(String host, String reason) {
    ServiceRoutes web = only(instance("web", 1, "lb-host", host));
    assertThat(web.routes()).isEmpty();
    assertThat(reasons(web)).singleElement().asString().contains(reason);
  }

  @Test
  void ofModeTcpItIsAPortOfTheRangesAlone() {
    assertThat(only(instance("db", 1, "lb-mode", "tcp", "lb-port", "9002")).tcp())
        .contains(new Route.Tcp(9002));
    for (String port : List.of("9010", "80", "0", "-1", "65536", "9002 ", "x", "0x50", "09002")) {
      ServiceRoutes db = only(instance("db", 1, "lb-mode", "tcp", "lb-port", port));
      assertThat(db.routes()).as(port).isEmpty();
      assertThat(db.refusals()).as(port).hasSize(1);
    }
  }

  @Test
  void aPortAtWhichTheTemplateListensIsRefused() {
    assertThat(reasons(only(instance("db", 1, "lb-mode", "tcp", "lb-port", "9001"))))
        .containsExactly("port 9001: the template has HAProxy listen at it for something else");
  }

  @Test
  void whatDoesNotGoTogetherIsNamed() {
    assertThat(reasons(only(instance("db", 1, "lb-mode", "tcp", "lb-host", "a.example.org"))))
        .containsExactly(
            "lb-port: lb-mode tcp needs a port", "lb-host: it means nothing with lb-mode tcp");
    assertThat(reasons(only(instance("db", 1, "lb-mode", "udp"))))
        .containsExactly("lb-mode: 'udp' is neither http nor tcp");
    assertThat(reasons(only(instance("db", 1, "lb-path", "/a"))))
        .containsExactly("lb-host: it asks for HTTP and names no host");
    assertThat(reasons(only(instance("db", 1, "lb-port", "9002"))))
        .containsExactly("lb-port: a port needs lb-mode tcp");
  }

  @Test
  void theFirstRegisteredInstanceDecidesAndTheOthersAreNamed() {
    ServiceRoutes web =
        only(
            instance("web", 7, "lb-host", "new.example.org"),
            instance("web", 3),
            instance("web", 5, "lb-host", "old.example.org"));
    assertThat(routes(web)).containsExactly("old.example.org/");
    assertThat(reasons(web))
        .containsExactly(
            "instance 'web-7': 1 of the service's instances ask for other routes than 'web-5' on node 'n1', which was registered first and is followed");
  }

  @Test
  void ofTwoNewServicesTheOneRegisteredFirstHasTheRouteWhateverItsName() {
    RouteTable table =
        decide(
            Map.of(),
            instance("a-late", 9, "lb-host", "x.example.org"),
            instance("z-early", 2, "lb-host", "x.example.org"),
            instance("z-early", 30));
    assertThat(table.owners()).containsExactly(Map.entry("x.example.org/", "z-early"));
    assertThat(reasons(of(table, "a-late")))
        .containsExactly("x.example.org/: service z-early has it, which was registered first");
  }

  @Test
  void whoHasARouteKeepsItThoughItsFirstInstancesAreGone() {
    Map<String, String> owners = Map.of("x.example.org/", "b");
    ServiceInstance claimant = instance("a", 1, "lb-host", "x.example.org");
    assertThat(decide(owners, claimant, instance("b", 99, "lb-host", "x.example.org")).owners())
        .containsEntry("x.example.org/", "b");
    assertThat(decide(owners, claimant, instance("b", 99)).owners())
        .containsEntry("x.example.org/", "a");
  }

  @Test
  void aServiceThatIsRefusedOneRouteHasItsOthers() {
    RouteTable table =
        decide(
            Map.of(),
            instance("a", 1, "lb-host", "x.example.org"),
            instance("b", 2, "lb-host", "x.example.org,y.example.org,evil.net"));
    assertThat(routes(of(table, "b"))).containsExactly("y.example.org/");
    assertThat(of(table, "b").refusals()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "urlprefix-a.example.org/ ; a.example.org/",
        "urlprefix-a.example.org/x proto=http ; a.example.org/x",
        "urlprefix-:9003 proto=tcp ; port 9003",
        "traefik.http.routers.r.rule=Host(`a.example.org`) ; a.example.org/",
        "traefik.http.routers.r.rule=Host(`a.example.org`) && PathPrefix(`/x`) ; a.example.org/x",
        "traefik.http.routers.r.rule=PathPrefix(`/x`)&&Host(\"a.example.org\") ; a.example.org/x",
        "traefik.http.routers.r.rule=(Host(`a.example.org`) || Host(`b.example.org`)) && PathPrefix(`/x`) ; a.example.org/x b.example.org/x",
        "traefik.http.routers.r.rule=Host(`a.example.org`,`b.example.org`) ; a.example.org/ b.example.org/",
        "traefik.http.routers.r.rule=Host(`a.example.org`) || Host(`b.example.org`) && PathPrefix(`/x`) ; a.example.org/ b.example.org/x",
      })
  void tagsOfOtherToolsAreUnderstood(String tag, String routes) {
    ServiceRoutes web = only(tagged("web", tag));
    assertThat(reasons(web)).isEmpty();
    assertThat(String.join(" ", routes(web))).isEqualTo(routes);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "urlprefix-a.example.org/ strip=/a | the option 'strip=/a' is not understood",
        "urlprefix-a.example.org/ auth=me | the option 'auth=me' is not understood",
        "urlprefix-a.example.org/ proto=https | the option 'proto=https' is not understood",
        "urlprefix-a.example.org | there is no / after the host",
        "urlprefix-*.example.org/ | is not a DNS name",
        "urlprefix-:9003 | go together",
        "urlprefix-/x | a route for every host is not allowed",
        "traefik.http.routers.r.rule=HostRegexp(`.*`) | the matcher HostRegexp",
        "traefik.http.routers.r.rule=Host(`a.example.org`) && Method(`GET`) | the matcher Method",
        "traefik.http.routers.r.rule=!Host(`a.example.org`) | is not understood",
        "traefik.http.routers.r.rule=Host(`a.example.org` | is not understood",
        "traefik.http.routers.r.rule=Host(`a.example.org`) && Host(`b.example.org`) | two hosts",
        "traefik.http.routers.r.rule= | ends too early",
        "traefik.tcp.routers.r.rule=HostSNI(`*`) | it is not understood and not followed",
      })
  void whatIsNotUnderstoodIsRefusedAsAWhole(String tag, String reason) {
    ServiceRoutes web =
        only(tagged("web", tag, "traefik.http.routers.ok.rule=Host(`ok.example.org`)"));
    assertThat(routes(web)).containsExactly("ok.example.org/");
    assertThat(reasons(web)).singleElement().asString().contains(reason);
  }

  @Test
  void aRouterWithMiddlewaresIsRefusedAndOneThatIsSwitchedOffIsNot() {
    String rule = "traefik.http.routers.r.rule=Host(`a.example.org`)";
    assertThat(reasons(only(tagged("web", rule, "traefik.http.routers.r.middlewares=auth@file"))))
        .singleElement()
        .asString()
        .contains("its router has middlewares");
    assertThat(only(tagged("web", rule, "traefik.enable=false")))
        .isEqualTo(new ServiceRoutes(List.of(), List.of()));
    assertThat(routes(only(tagged("web", rule, "traefik.enable=true")))).hasSize(1);
  }

  @Test
  void tagsAreNotReadUnlessAskedFor() {
    RoutingRules withoutTags = new RoutingRules(List.of("*"), List.of(), Set.of());
    ServiceInstance web =
        tagged("web", "urlprefix-a.example.org/", "traefik.http.routers.r.rule=Host(`a.b`)");
    assertThat(
            RouteTable.decide(Map.of(), Map.of("web", List.of(web)), withoutTags, port -> false)
                .services()
                .get("web"))
        .isEqualTo(new ServiceRoutes(List.of(), List.of()));
  }

  @Test
  void aServiceHasABoundedNumberOfRoutes() {
    String[] tags = new String[100];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = "urlprefix-a.example.org/" + i;
    }
    ServiceRoutes web = only(tagged("web", tags));
    assertThat(web.routes()).hasSize(RouteRequest.MOST);
    assertThat(reasons(web)).singleElement().asString().contains("more than 32 routes");
  }
}
