package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.config.Backend.ServerLine;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No hostile value changes the shape of a configuration: what isn't a {@code server} line stays as
 * it is, and the server lines of hostile instances differ from that of a good one in name and
 * address only.
 */
class HostileInstancesTest {
  /** One that writes everything that there is, wherever it may stand. */
  private static final TemplateSource EVERYTHING =
      new TemplateSource() {
        @Override
        public String name() {
          return "everything";
        }

        @Override
        public String read() {
          return """
          backend web
          {{#services.web}}
            server {{name}} {{address}}:{{port}} id {{id}} zone {{meta.zone}} "quoted {{meta.zone}}" tags:{{#tags}},{{.}}{{/tags}} # {{meta.zone}}
          {{/services.web}}
          {{^services.web}}
            server none 198.18.0.5:8080
          {{/services.web}}
          """;
        }

        @Override
        public String stamp() {
          return "";
        }
      };

  static List<TemplateSource> templates() {
    return List.of(
        EVERYTHING,
        TemplateSource.builtIn(),
        TemplateSource.of(Path.of("../compose/templates/web-and-tcp.mustache")),
        TemplateSource.of(Path.of("../compose/templates/recipes.mustache")),
        TemplateSource.of(Path.of("../docs/templates/from-consul-template.mustache")));
  }

  /** Good instances of every service that a template names, and hostile ones beside them. */
  private static CatalogSnapshot snapshot(Set<String> services, List<Integer> chosen) {
    Map<String, Pool> pools = new TreeMap<>();
    for (String service : services) {
      List<ServiceInstance> instances = new ArrayList<>();
      instances.add(HostileInstances.good(service, service + "-good"));
      instances.add(HostileInstances.good(service, service + "-better"));
      List<ServiceInstance> corpus = HostileInstances.of(service);
      chosen.forEach(i -> instances.add(corpus.get(i)));
      pools.put(service, Pool.of(instances));
    }
    return CatalogSnapshot.of(pools);
  }

  @ParameterizedTest
  @MethodSource("templates")
  void noHostileInstanceChangesTheShapeAloneOrTogether(TemplateSource source)
      throws TemplateException {
    HaproxyTemplate template =
        HaproxyTemplate.compile(
            source.name(),
            source.read(),
            new TemplateEnvironment(Map.of("STATS_PASSWORD", "sesame")));
    HaproxyConfig good =
        HaproxyConfig.parse(
            template.render(snapshot(template.services(), List.of()), ServerNames.NONE).text());
    int size = HostileInstances.of("web").size();
    assertThat(size).isGreaterThanOrEqualTo(500);
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      all.add(i);
      RenderedConfig one =
          template.render(snapshot(template.services(), List.of(i)), ServerNames.NONE);
      assertSameShape(good, one, HostileInstances.of("web").get(i).toString());
    }
    RenderedConfig together = template.render(snapshot(template.services(), all), ServerNames.NONE);
    assertSameShape(good, together, "all together");
    assertThat(together.refusals()).hasSizeGreaterThan(100);
    assertThat(together.refusals()).allMatch(refusal -> refusal.toString().matches("[ -~…]+"));
    assertThat(together.refusals()).noneMatch(refusal -> refusal.instance().endsWith("-good"));
  }

  private static void assertSameShape(HaproxyConfig good, RenderedConfig rendered, String what) {
    HaproxyConfig config = HaproxyConfig.parse(rendered.text());
    assertThat(config.withoutServers()).as(what).isEqualTo(good.withoutServers());
    for (int i = 0; i < config.sections().size(); i++) {
      assertSameServers(good.sections().get(i), config.sections().get(i), what);
    }
  }

  private static void assertSameServers(Section good, Section section, String what) {
    assertThat(section.servers()).as(what).containsAll(good.servers());
    for (ServerLine server : section.servers()) {
      assertThat(server.name()).as(what).matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,62}");
      assertThat(server.address()).as(what).matches("198\\.18\\.0\\.[0-9]{1,3}:[0-9]{4,5}");
      assertThat(shape(server))
          .as(what)
          .isIn(good.servers().stream().map(HostileInstancesTest::shape).toList());
    }
  }

  /** A server line's words, with what may differ from one instance to the next blanked out. */
  private static List<String> shape(ServerLine server) {
    List<String> words = new ArrayList<>(server.parameters());
    words.remove("backup");
    words.replaceAll(word -> word.replaceFirst("^(tags:|\"quoted ).*$", "$1"));
    for (int i = 1; i < words.size(); i++) {
      if (words.get(i - 1).matches("id|zone")) {
        words.set(i, "");
      }
    }
    return words;
  }
}
