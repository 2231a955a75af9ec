package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.routing.RouteTable.ServiceRoutes;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.routing.RoutingRules.PortRange;
import dev.rollcall.lb.routing.RoutingRules.TagSyntax;
import dev.rollcall.lb.routing.ServiceSelector;
import dev.rollcall.lb.routing.ServiceSelector.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Services of anybody beside three healthy ones, in the template {@code many-services}. */
class HostileServicesTest {
  private static final Path MAP = Path.of("/run/services.map");

  private static final RoutingRules RULES =
      new RoutingRules(
          List.of("*.example.org"),
          List.of(new PortRange(9000, 9009)),
          Set.of(TagSyntax.FABIO, TagSyntax.TRAEFIK));

  /** Whatever a service asks for, no other line comes of it. */
  private static final List<Pattern> ALLOWED =
      List.of(
          Pattern.compile(""),
          Pattern.compile("backend be_[A-Za-z0-9][A-Za-z0-9_.-]{0,99} from http_services"),
          Pattern.compile("listen tcp_[A-Za-z0-9][A-Za-z0-9_.-]{0,99} from tcp_services"),
          Pattern.compile(" {4}bind :900[0-9]"),
          Pattern.compile(
              " {4}server [A-Za-z0-9][A-Za-z0-9_.-]{0,62} 198\\.18\\.0\\.66:80 weight 1 check"));

  private static final Pattern KEY =
      Pattern.compile(
          "[a-z0-9.-]{1,253}(?:/[A-Za-z0-9._~-]{1,64})*/ be_[A-Za-z0-9][A-Za-z0-9_.-]*");

  private record Outcome(Selection selection, RouteTable routes, RenderedConfig rendered) {
    List<String> lines() {
      return rendered.text().lines().toList();
    }

    /** What a service has and is refused; nothing if it is not selected. */
    ServiceRoutes of(String service) {
      return routes.services().getOrDefault(service, new ServiceRoutes(List.of(), List.of()));
    }

    List<String> map() {
      return Objects.requireNonNull(rendered.auxiliaryFiles().get(MAP)).lines().toList();
    }
  }

  private static HaproxyTemplate template() throws TemplateException {
    TemplateEnvironment environment =
        new TemplateEnvironment(
            Map.of("LB_SERVICES_MAP", MAP.toString(), "LB_HEALTH_PORT", "9000"));
    TemplateSource map =
        TemplateSource.of(Path.of("../compose/templates/many-services.map.mustache"));
    TemplateSource main = TemplateSource.of(Path.of("../compose/templates/many-services.mustache"));
    return HaproxyTemplate.compile(main.name(), main.read(), environment)
        .with(Map.of(MAP, HaproxyTemplate.compile(map.name(), map.read(), environment)));
  }

  private static ServiceInstance good(String service, int index, Map<String, String> meta) {
    return ServiceInstance.builder(service, "198.18.0." + index, 80)
        .id(service + "-1")
        .node("n1")
        .meta(meta)
        .createIndex(index)
        .build();
  }

  private static Outcome render(List<ServiceInstance> hostile) throws TemplateException {
    List<ServiceInstance> all =
        new ArrayList<>(
            List.of(
                good("web", 1, Map.of("lb-host", HostileServices.TAKEN)),
                good("shop", 2, Map.of("lb-host", HostileServices.TAKEN, "lb-path", "/shop")),
                good("db", 3, Map.of("lb-mode", "tcp", "lb-port", "9001"))));
    all.addAll(hostile);
    Map<String, List<ServiceInstance>> instances = new TreeMap<>();
    Map<String, List<String>> tags = new TreeMap<>();
    for (ServiceInstance one : all) {
      instances.computeIfAbsent(one.service(), name -> new ArrayList<>()).add(one);
      tags.computeIfAbsent(one.service(), name -> new ArrayList<>()).addAll(one.tags());
    }
    Selection selection =
        new ServiceSelector(List.of("*"), Set.of(), 10_000).select(tags, Set.of());
    instances.keySet().retainAll(selection.services());
    HaproxyTemplate template = template();
    RouteTable routes =
        RouteTable.decide(Map.of(), instances, RULES, template.ownListeners()::hasPort);
    Map<String, Pool> pools = new TreeMap<>();
    instances.forEach((service, pool) -> pools.put(service, Pool.of(pool)));
    return new Outcome(
        selection, routes, template.render(CatalogSnapshot.of(pools), routes, ServerNames.NONE));
  }

  static List<ServiceInstance> hostile() {
    return HostileServices.all();
  }

  @Test
  void theCorpusIsLarge() {
    assertThat(hostile()).hasSizeGreaterThan(500);
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void isRefusedWithAReasonOrYieldsValidTextAndHurtsNobody(ServiceInstance evil)
      throws TemplateException {
    Outcome alone = render(List.of());
    Outcome beside = render(List.of(evil));
    assertHealthyAsAlone(alone, beside);
    boolean refused =
        beside.selection().refused().containsKey(evil.service())
            || evil.service().isEmpty()
            || !beside.of(evil.service()).refusals().isEmpty();
    boolean routed = beside.routes().owners().containsValue(evil.service());
    boolean askedForNothing = !refused && !routed && beside.of(evil.service()).routes().isEmpty();
    assertThat(refused || routed || (askedForNothing && isSwitchedOff(evil))).isTrue();
    beside
        .routes()
        .services()
        .values()
        .forEach(
            own ->
                assertThat(own.refusals())
                    .allSatisfy(one -> assertThat(one.toString()).matches("[ -~…]{1,700}")));
  }

  /** Tags that ask for nothing: no router, or one of the options that the template decides on. */
  private static boolean isSwitchedOff(ServiceInstance evil) {
    return evil.meta().isEmpty() && evil.tags().stream().allMatch(tag -> !tag.contains("rule="));
  }

  @Test
  void allTogetherHurtNobodyEither() throws TemplateException {
    assertHealthyAsAlone(render(List.of()), render(hostile()));
  }

  private static void assertHealthyAsAlone(Outcome alone, Outcome beside) {
    for (String healthy : List.of("web", "shop", "db")) {
      assertThat(beside.routes().services().get(healthy))
          .isEqualTo(alone.routes().services().get(healthy));
    }
    List<String> more = new ArrayList<>(beside.lines());
    for (String line : alone.lines()) {
      assertThat(more.remove(line)).as(line).isTrue();
    }
    assertThat(more)
        .allSatisfy(
            line ->
                assertThat(ALLOWED).as(line).anyMatch(pattern -> pattern.matcher(line).matches()));
    List<String> keys = new ArrayList<>(beside.map());
    for (String line : alone.map()) {
      assertThat(keys.remove(line)).as(line).isTrue();
    }
    assertThat(keys).allSatisfy(line -> assertThat(line).matches(KEY));
    assertThat(beside.map().stream().map(line -> line.substring(0, line.indexOf(' '))).toList())
        .filteredOn(key -> !key.equals("#"))
        .doesNotHaveDuplicates();
  }
}
