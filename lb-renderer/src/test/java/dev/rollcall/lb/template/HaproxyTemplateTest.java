package dev.rollcall.lb.template;

import static dev.rollcall.lb.TestInstances.at;
import static dev.rollcall.lb.TestInstances.instance;
import static dev.rollcall.lb.TestInstances.moved;
import static dev.rollcall.lb.TestInstances.onNode;
import static dev.rollcall.lb.TestInstances.web;
import static dev.rollcall.lb.TestInstances.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import dev.rollcall.lb.template.RenderedConfig.InstanceProblem;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HaproxyTemplateTest {
  private static final String SERVERS =
      "{{#services.web}}\nserver {{name}} {{address}}:{{port}} weight {{weight}}\n{{/services.web}}\n";

  private static HaproxyTemplate compile(String text) throws TemplateException {
    return HaproxyTemplate.compile(
        "t", text, new TemplateEnvironment(Map.of("LB_PORT", "8080", "HOME", "/root")));
  }

  private static String render(String text, CatalogSnapshot snapshot) throws TemplateException {
    return compile(text).render(snapshot, ServerNames.NONE).text();
  }

  @Test
  void rendersOneLinePerInstance() throws TemplateException {
    assertThat(
            render(
                "backend web\n" + SERVERS, web(at("a", "10.0.0.1", 80), at("b", "10.0.0.2", 81))))
        .isEqualTo("backend web\nserver a 10.0.0.1:80 weight 1\nserver b 10.0.0.2:81 weight 1\n");
  }

  @Test
  void writesAnIpv6AddressInBrackets() throws TemplateException {
    assertThat(render(SERVERS, web(at("a", "2001:DB8::1", 80))))
        .isEqualTo("server a [2001:db8:0:0:0:0:0:1]:80 weight 1\n");
  }

  @Test
  void rendersTheInvertedSectionOfAnEmptyOrUnknownService() throws TemplateException {
    String template = "{{^services.web}}none{{/services.web}}{{^services.db}}none{{/services.db}}";
    assertThat(render(template, web())).isEqualTo("nonenone\n");
    assertThat(render(template, web(instance("a")))).isEqualTo("none\n");
  }

  @Test
  void rendersEveryFieldOfAnInstance() throws TemplateException {
    String template =
        "{{#services.web}}{{id}} {{node}} {{datacenter}} {{meta.zone}}{{#tags}} {{.}}{{/tags}}{{#meta.none}} never{{/meta.none}}{{^meta.none}} no{{/meta.none}}{{/services.web}}";
    assertThat(render(template, web(with("a", List.of("x", "y"), Map.of("zone", "eu/1")))))
        .isEqualTo("a node-1 dc1 eu/1 x y no\n");
  }

  @Test
  void aPoolMayBeThatOfAPortADatacenterOrAPeer() throws TemplateException {
    String template =
        """
        {{#services.web:grpc@dc2.tagged.java}}{{name}} {{/services.web:grpc@dc2.tagged.java}}
        {{#services.web@east.peer}}{{name}} {{/services.web@east.peer}}
        {{#services.web:grpc}}{{name}} {{/services.web:grpc}}
        {{#services.web@dc2.option.balance}}{{.}} {{/services.web@dc2.option.balance}}
        {{#services.web@dc2.untagged.java}}{{name}}{{/services.web@dc2.untagged.java}}
        {{^services.web}}none here{{/services.web}}
        """;
    assertThat(compile(template).services())
        .containsExactly("web", "web:grpc", "web:grpc@dc2", "web@dc2", "web@east.peer");
    CatalogSnapshot snapshot =
        CatalogSnapshot.of(
            Map.of(
                "web:grpc",
                Pool.of(List.of(at("a", "10.0.0.1", 80))),
                "web:grpc@dc2",
                Pool.of(List.of(at("b", "10.0.0.2", 80))),
                "web@dc2",
                Pool.of(List.of(with("c", List.of(), Map.of("lb-balance", "source")))),
                "web@east.peer",
                Pool.of(List.of(at("d", "10.0.0.4", 80)))));
    assertThat(render(template, snapshot)).isEqualTo("b \nd \na \nsource \nc\nnone here\n");
  }

  @Test
  void twoDatacentersInOneBackendHaveServersOfDifferentNames() throws TemplateException {
    String template =
        """
        backend web
        {{#services.web}}
          server {{name}} {{address}}:{{port}}
        {{/services.web}}
        {{#services.web@dc2}}
          server {{name}} {{address}}:{{port}} backup
        {{/services.web@dc2}}
        """;
    ServiceInstance there =
        ServiceInstance.builder("web", "10.2.0.1", 80)
            .id("web-1")
            .node("node-1")
            .datacenter("dc2")
            .build();
    String text =
        render(
            template,
            CatalogSnapshot.of(
                Map.of(
                    "web",
                    Pool.of(List.of(at("web-1", "10.0.0.1", 80))),
                    "web@dc2",
                    Pool.of(List.of(there)))));
    assertThat(text)
        .matches(
            "(?s)backend web\n  server web-1 10.0.0.1:80\n  server web-1-[0-9a-f]{8} 10.2.0.1:80 backup\n");
  }

  @Test
  void selectsInstancesByTag() throws TemplateException {
    CatalogSnapshot snapshot =
        web(
            with("a", List.of("canary"), Map.of()),
            with("b", List.of("x", "canary.v2"), Map.of()),
            with("c", List.of(), Map.of()));
    assertThat(
            render(
                "{{#services.web.tagged.canary}}{{name}}{{/services.web.tagged.canary}}"
                    + ",{{#services.web.untagged.canary}}{{name}}{{/services.web.untagged.canary}}"
                    + ",{{#services.web.tagged.canary.v2}}{{name}}{{/services.web.tagged.canary.v2}}"
                    + ",{{^services.web.tagged.none}}none{{/services.web.tagged.none}}",
                snapshot))
        .isEqualTo("a,bc,b,none\n");
    assertThat(
            render(
                "{{#services.web}}{{name}}{{#tagged.canary}}!{{/tagged.canary}}{{^tagged.canary}}?{{/tagged.canary}}{{/services.web}}",
                snapshot))
        .isEqualTo("a!b?c?\n");
    assertThat(compile("{{#services.web.tagged.x}}{{/services.web.tagged.x}}").services())
        .containsExactly("web");
  }

  @Test
  void rendersTheStatus() throws TemplateException {
    assertThat(render("{{#services.web}}{{status}}{{/services.web}}", web(instance("a"))))
        .isEqualTo("passing\n");
  }

  private static final String BALANCE =
      "{{#services.web.option.balance}}{{.}}{{/services.web.option.balance}}{{^services.web.option.balance}}default{{/services.web.option.balance}}";

  private static CatalogSnapshot asking(String... values) {
    ServiceInstance[] instances = new ServiceInstance[values.length];
    for (int i = 0; i < values.length; i++) {
      instances[i] =
          moved(
              with("i" + i, List.of(), Map.of("lb-balance", values[i])), "198.18.0." + (i + 1), 80);
    }
    return web(instances);
  }

  @Test
  void rendersTheOptionThatMostInstancesAskFor() throws TemplateException {
    assertThat(render(BALANCE, web(instance("a")))).isEqualTo("default\n");
    assertThat(render(BALANCE, asking("leastconn"))).isEqualTo("leastconn\n");
    assertThat(render(BALANCE, asking("source", "leastconn", "source"))).isEqualTo("source\n");
    assertThat(render(BALANCE, asking("source", "leastconn"))).isEqualTo("leastconn\n");
  }

  @Test
  void ignoresAnOptionThatIsNotAllowedButServesTheInstance() throws TemplateException {
    RenderedConfig rendered =
        compile(BALANCE + SERVERS)
            .render(asking("hdr(x)", "hdr(x)", "roundrobin"), ServerNames.NONE);
    assertThat(rendered.text())
        .startsWith("roundrobin")
        .contains("server i0", "server i1", "server i2");
    assertThat(rendered.refusals()).isEmpty();
    assertThat(rendered.ignored())
        .extracting(InstanceProblem::instance, InstanceProblem::reason)
        .satisfiesExactly(
            first ->
                assertThat(first.toString())
                    .contains("i0", "lb-balance 'hdr(x)' is not allowed and ignored"),
            second -> assertThat(second.toString()).contains("i1"));
    RenderedConfig all = compile(BALANCE + SERVERS).render(asking("hdr(x)"), ServerNames.NONE);
    assertThat(all.text()).startsWith("default").contains("server i0");
    assertThat(compile(SERVERS).render(asking("hdr(x)"), ServerNames.NONE).ignored())
        .as("a template that takes no option")
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy.enable=true",
        "urlprefix-/path",
        "urlprefix-:3306 proto=tcp",
        "urlprefix-example.com/ strip=/a,b",
        "traefik.http.routers.x.rule=Host(`a.example`) && PathPrefix(`/x`)",
        "traefik.http.routers.x.rule=Host(\"a\")",
        "a#b",
        "=",
        "!",
        "/",
        "größe",
        "a:b;c|d<e>f",
        "$HOME",
        "tagged.x",
        "-first",
      })
  void selectsByTagsOfOtherTools(String tag) throws TemplateException {
    CatalogSnapshot snapshot =
        web(with("a", List.of("x", tag), Map.of()), with("b", List.of(tag + "y"), Map.of()));
    for (String shape :
        List.of(
            "{{#services.web.tagged.~}}{{name}}{{/services.web.tagged.~}}",
            "{{#services.web.untagged.~y}}{{name}}{{/services.web.untagged.~y}}",
            "{{#services.web}}{{#tagged.~}}{{name}}{{/tagged.~}}{{/services.web}}",
            "{{#services.web}}{{^tagged.~y}}{{name}}{{/tagged.~y}}{{/services.web}}")) {
      assertThat(render(shape.replace("~", tag), snapshot)).as(shape).isEqualTo("a\n");
    }
  }

  private static final String TWO_SITES =
      "frontend f\n  bind :80\n  bind 198.18.0.9:443\nbackend b\n" + SERVERS;

  @Test
  void leavesOutAnInstanceAtHaproxysOwnAddress() throws TemplateException {
    LocalNetwork machine =
        new LocalNetwork(true, address -> address.getHostAddress().equals("198.18.0.1"));
    RenderedConfig rendered =
        compile(TWO_SITES)
            .with(machine)
            .render(
                web(
                    at("a", "198.18.0.2", 80),
                    at("loop", "127.0.0.1", 80),
                    at("other", "127.0.0.1", 81),
                    at("self", "198.18.0.1", 80),
                    at("tls", "198.18.0.9", 443)),
                ServerNames.NONE);
    assertThat(rendered.refusals())
        .extracting(InstanceProblem::instance)
        .containsExactly("loop", "self", "tls");
    assertThat(rendered.refusals())
        .extracting(InstanceProblem::reason)
        .allMatch(reason -> reason.startsWith("its address and port are HAProxy's own"))
        .last()
        .asString()
        .endsWith("198.18.0.9:443");
    assertThat(rendered.text()).contains("server a ", "server other ").doesNotContain("self");
  }

  @Test
  void leavesOutAnInstanceAtHaproxysOwnAddressFromAuxiliaryFiles() throws TemplateException {
    Path map = Path.of("/etc/haproxy/web.map");
    RenderedConfig rendered =
        compile(TWO_SITES)
            .with(
                Map.of(
                    map,
                    compile("{{#services.web}}{{id}} {{address}}:{{port}}\n{{/services.web}}")))
            .render(web(at("a", "198.18.0.2", 80), at("loop", "127.0.0.1", 80)), ServerNames.NONE);
    assertThat(rendered.auxiliaryFiles()).containsEntry(map, "a 198.18.0.2:80\n");
    assertThat(rendered.refusals()).hasSize(1);
  }

  @Test
  void leavesOutALoopbackAddressUnlessAllowed() throws TemplateException {
    HaproxyTemplate template = compile(SERVERS).with(new LocalNetwork(false, address -> false));
    RenderedConfig rendered =
        template.render(
            web(at("a", "127.0.0.1", 80), at("b", "::1", 80), at("c", "198.18.0.1", 80)),
            ServerNames.NONE);
    assertThat(rendered.text()).isEqualTo("server c 198.18.0.1:80 weight 1\n");
    assertThat(rendered.refusals())
        .extracting(InstanceProblem::reason)
        .allMatch(reason -> reason.contains("--allow-loopback yes"))
        .hasSize(2);
  }

  @Test
  void instancesAtOneEndpointAreOneServerAndTheFirstStays() throws TemplateException {
    ServiceInstance a = at("a", "198.18.0.1", 80);
    ServiceInstance b = at("b", "198.18.0.1", 80);
    ServiceInstance elsewhere = at("c", "198.18.0.1", 81);
    RenderedConfig together = compile(SERVERS).render(web(a, b, elsewhere), ServerNames.NONE);
    assertThat(together.text()).contains("server a ", "server c ").doesNotContain("server b ");
    assertThat(together.refusals())
        .singleElement()
        .satisfies(
            refusal -> {
              assertThat(refusal.instance()).isEqualTo("b");
              assertThat(refusal.reason()).contains("those of instance 'a' on node 'node-1'");
            });

    RenderedConfig later =
        compile(SERVERS)
            .render(web(a, b), compile(SERVERS).render(web(b), ServerNames.NONE).serverNames());
    assertThat(later.text()).as("b was there first").isEqualTo("server b 198.18.0.1:80 weight 1\n");
    assertThat(
            compile("{{#services.web}}{{name}} {{address}}\n{{/services.web}}")
                .render(web(a, b), ServerNames.NONE)
                .refusals())
        .as("a template that writes no port")
        .isEmpty();
  }

  @Test
  void servesTheSecondInstanceAtAnEndpointIfTheFirstIsRefused() throws TemplateException {
    RenderedConfig rendered =
        compile(
                "{{#services.web}}{{#-first}}{{meta.none}}{{/-first}}server {{name}} {{address}}:{{port}}\n{{/services.web}}")
            .render(
                web(
                    at("a", "198.18.0.3", 80),
                    with("b", List.of(), Map.of("none", "x")),
                    instance("c")),
                ServerNames.NONE);
    assertThat(rendered.text()).isEqualTo("xserver b 198.18.0.5:8080\n");
    assertThat(rendered.refusals()).extracting(InstanceProblem::instance).containsExactly("a", "c");
  }

  @Test
  void twoServicesAtOneEndpointAreBothServed() throws TemplateException {
    CatalogSnapshot snapshot =
        CatalogSnapshot.of(
            Map.of("web", Pool.of(List.of(instance("a"))), "api", Pool.of(List.of(instance("b")))));
    assertThat(
            compile(SERVERS + SERVERS.replace("services.web", "services.api"))
                .render(snapshot, ServerNames.NONE)
                .refusals())
        .isEmpty();
  }

  @Test
  void instanceGetsItsFullNameIfAServerOfTheTemplateHasItsPlainOne() throws TemplateException {
    RenderedConfig rendered =
        compile("backend b\nserver sorry 198.18.0.9:80 backup\n" + SERVERS)
            .render(web(instance("a"), at("sorry", "198.18.0.1", 80)), ServerNames.NONE);
    assertThat(rendered.refusals()).isEmpty();
    assertThat(rendered.text())
        .contains("server sorry 198.18.0.9:80 backup\n", "server a ")
        .containsPattern("server sorry-[0-9a-f]{8} 198\\.18\\.0\\.1:80");
  }

  @Test
  void serversOfTwoServicesInOneBackendHaveDistinctNames() throws TemplateException {
    HaproxyTemplate template =
        compile("backend b\n" + SERVERS + SERVERS.replace("services.web", "services.api"));
    Pool early = Pool.of(List.of(at("x", "198.18.0.1", 80)));
    Pool late = Pool.of(List.of(moved(onNode("x", "n2"), "198.18.0.2", 80)));
    ServerNames names =
        template.render(CatalogSnapshot.of(Map.of("web", early)), ServerNames.NONE).serverNames();
    RenderedConfig both =
        template.render(CatalogSnapshot.of(Map.of("web", early, "api", late)), names);
    assertThat(both.text())
        .contains("server x 198.18.0.1:80")
        .containsPattern("server x-[0-9a-f]{8} 198\\.18\\.0\\.2:80");
    assertThat(
            template
                .render(CatalogSnapshot.of(Map.of("web", early, "api", late)), both.serverNames())
                .text())
        .isEqualTo(both.text());
  }

  @Test
  void instanceInTwoPoolsOfOneBackendIsServedOnce() throws TemplateException {
    HaproxyTemplate template =
        compile("backend b\n" + SERVERS + SERVERS.replace("services.web", "services.sorry"));
    for (String id : List.of("plain", "no:plain")) {
      Pool pool = Pool.of(List.of(instance(id)));
      RenderedConfig rendered =
          template.render(CatalogSnapshot.of(Map.of("web", pool, "sorry", pool)), ServerNames.NONE);
      List<String> names =
          rendered
              .text()
              .lines()
              .filter(line -> line.startsWith("server "))
              .map(line -> line.split(" ", 3)[1])
              .toList();
      assertThat(names).as(id).isNotEmpty().doesNotHaveDuplicates();
      assertThat(names.size() + rendered.refusals().size()).isEqualTo(2);
    }
  }

  @Test
  void nameInTwoSectionsIsNoClash() throws TemplateException {
    assertThat(render("backend a\n" + SERVERS + "backend b\n" + SERVERS, web(instance("x"))))
        .containsOnlyOnce("backend b")
        .doesNotContain("server x-");
  }

  @Test
  void predictsWhichInstancesARenderingLeavesOut() throws TemplateException {
    ServiceInstance helper = instance("b"); // Of the service web, in the pool of another one.
    CatalogSnapshot snapshot =
        CatalogSnapshot.of(
            Map.of(
                "web",
                Pool.of(List.of(at("a", "nowhere", 80), with("c", List.of(), Map.of("zone", "x")))),
                "shop",
                Pool.of(List.of(helper))));
    HaproxyTemplate validator =
        compile(
            "{{#services.web}}{{address}}"
                + " {{meta.zone}}{{/services.web}}{{#services.shop}}{{address}}"
                + " {{meta.zone}}{{/services.shop}}");

    assertThat(validator.render(snapshot, RouteTable.EMPTY, ServerNames.NONE).refusals())
        .extracting(refusal -> refusal.service() + "/" + refusal.instance())
        .containsExactlyInAnyOrder("web/a", "shop/b");
  }

  @Test
  void reportsLineAndColumnOfAMissingValue() throws TemplateException {
    assertThat(
            compile(
                    "backend b\n{{#services.web}}\n  server {{name}} {{meta.zone}}\n{{/services.web}}")
                .render(web(instance("a")), ServerNames.NONE)
                .refusals())
        .singleElement()
        .satisfies(
            refusal ->
                assertThat(refusal.reason())
                    .startsWith("it has no meta.zone, which t:3:19 writes"));
  }

  @Test
  void givesAnInstanceThatIsInTwoPoolsOneName() throws TemplateException {
    CatalogSnapshot snapshot =
        CatalogSnapshot.of(
            Map.of("web", Pool.of(List.of(instance("a"))), "db", Pool.of(List.of(instance("a")))));
    assertThat(
            render(
                "{{#services.web}}{{name}}{{/services.web}}{{#services.db}}{{name}}{{/services.db}}",
                snapshot))
        .isEqualTo("aa\n");
  }

  @Test
  void rendersPositionsInAList() throws TemplateException {
    String template =
        "{{#services.web}}{{^-first}},{{/-first}}{{-index}}={{name}}{{#-last}}.{{/-last}}{{/services.web}}";
    assertThat(render(template, web(instance("a"), instance("b")))).isEqualTo("1=a,2=b.\n");
  }

  @Test
  void nestsOneServiceInAnother() throws TemplateException {
    CatalogSnapshot snapshot =
        CatalogSnapshot.of(
            Map.of("web", Pool.of(List.of(instance("w"))), "db", Pool.of(List.of(instance("d")))));
    assertThat(
            render(
                "{{#services.web}}{{name}}{{#services.db}}{{name}}{{/services.db}}{{/services.web}}",
                snapshot))
        .isEqualTo("wd\n");
  }

  @Test
  void namesExactlyTheServicesToWatch() throws TemplateException {
    assertThat(
            compile(
                    "{{#services.web}}{{/services.web}}{{^services.my.db-1}}{{/services.my.db-1}}{{! services.none }}")
                .services())
        .containsExactly("my.db-1", "web");
  }

  @Test
  void alwaysEndsWithANewline() throws TemplateException {
    assertThat(render("x", web())).isEqualTo("x\n");
    assertThat(render("x\n", web())).isEqualTo("x\n");
    assertThat(render("{{#services.web}}x{{/services.web}}", web())).isEqualTo("\n");
  }

  @Test
  void rendersTheEnvironment() throws TemplateException {
    assertThat(
            render(
                "bind :{{env.LB_PORT}} {{#env.LB_NONE}}never{{env.LB_NONE}}{{/env.LB_NONE}}{{^env.LB_NONE}}default{{/env.LB_NONE}}",
                web()))
        .isEqualTo("bind :8080 default\n");
  }

  @Test
  void rendersAnEnvironmentVariableInItsOwnSection() throws TemplateException {
    assertThat(render("{{#env.LB_PORT}}{{.}}{{/env.LB_PORT}}", web())).isEqualTo("8080\n");
  }

  @Test
  void toStringDoesNotShowAPassword() throws TemplateException {
    HaproxyTemplate template =
        HaproxyTemplate.compile(
            "t",
            "{{env.STATS_PASSWORD}}",
            new TemplateEnvironment(Map.of("STATS_PASSWORD", "sesame")));
    assertThat(template.render(web(), ServerNames.NONE).text()).isEqualTo("sesame\n");
    assertThat(template.render(web(), ServerNames.NONE).toString()).doesNotContain("sesame");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a {{#services.web}}                     | 1:3: the section services.web is not closed: end it with {{/services.web}}",
        "{{/services.web}}                       | 1:1: {{/services.web}} closes a section that was not opened",
        "{{#services.web}}~ {{/services.db}}     | 2:2: {{/services.db}} stands where the section services.web of line 1, column 1 should be closed",
        "~~  {{name                              | 3:3: the tag that begins here is not closed: end it with }}",
        "{{{name}}                               | 1:1: the tag that begins here is not closed: end it with }}}",
        "{{name~}}                               | 1:1: the tag that begins here is not closed on its line: end it with }}",
        "{{}}                                    | 1:1: the tag is empty: name a value in it",
        "{{ }}                                   | 1:1: the tag is empty: name a value in it",
        "{{#}}                                   | 1:1: '' is no name",
        "{{a b}}                                 | 1:1: 'a b' is no name",
        "{{a{{b}}                                | 1:1: 'a{{b' is no name",
        "{{{{name}}}}                            | 1:1: '{name' is no name",
        "{{>other}}                              | 1:1: partials and blocks are not supported",
        "{{$other}}                              | 1:1: partials and blocks are not supported",
        "{{=<% %>=}}                             | 1:1: other delimiters are not supported",
        "{{ ! hm }}                              | 1:1: a comment begins with {{! without a space between",
        "{{nonsense}}                            | 1:1: unknown name nonsense",
        "{{#nonsense}}{{/nonsense}}              | 1:1: unknown name nonsense",
        "{{#servcies.web}}{{/servcies.web}}      | 1:1: unknown name servcies.web",
        "{{services}}                            | 1:1: services is no value: write {{#services}}",
        "{{service}}                             | 1:1: service belongs to a selected service",
        "{{#instances}}{{/instances}}            | 1:1: instances belongs to a selected service",
        "{{#services}}{{name}}{{/services}}      | 1:14: name belongs to an instance",
        "{{#services}}{{host}}{{/services}}      | 1:14: host belongs to a route",
        "{{#services}}{{listen-port}}{{/services}} | 1:14: {{listen-port}} may be missing",
        "{{#services}}{{#services}}{{/services}}{{/services}} | 1:14: {{#services}} stands in no other",
        "{{#services}}{{#instances}}{{#instances}}{{/instances}}{{/instances}}{{/services}} | 1:28: {{#instances}} stands in no section",
        "{{#services}}{{#option.x}}{{/option.x}}{{/services}} | 1:14: option.x is none of the options",
        "{{name}}                                | 1:1: name belongs to an instance",
        "{{^services.web}}{{name}}{{/services.web}} | 1:18: name belongs to an instance",
        "{{#services.web}}{{class}}{{/services.web}} | 1:18: unknown name class",
        "{{#services.web}}{{name.bytes}}{{/services.web}} | 1:18: unknown name name.bytes",
        "{{#services.web}}{{.}}{{/services.web}} | 1:18: {{.}} has a meaning only in the section of a value",
        "{{.}}                                   | 1:1: {{.}} has a meaning only in the section of a value",
        "{{-index}}                              | 1:1: unknown name -index",
        "{{services.web}}                        | 1:1: services.web is a list: write {{#services.web}}",
        "{{#services.web}}{{tags}}{{/services.web}} | 1:18: tags is a list",
        "{{#services.}}{{/services.}}            | 1:1: 'services.' names no service",
        "{{#services.web@}}{{/services.web@}}    | 1:1: 'services.web@' names no service",
        "{{#services.web:}}{{/services.web:}}    | 1:1: 'services.web:' names no service",
        "{{#services.web@a@b}}{{/services.web@a@b}} | 1:1: 'services.web@a@b' names no service",
        "{{#services.web@a:b}}{{/services.web@a:b}} | 1:1: 'services.web@a:b' names no service",
        "{{#services.web@a.b}}{{/services.web@a.b}} | 1:1: 'services.web@a.b' names no service",
        "{{#services._web}}{{/services._web}}    | 1:1: 'services._web' names no service",
        "{{#web@dc2}}{{/web@dc2}}                | 1:1: 'web@dc2' is no name",
        "{{#services.web.tagged}}{{/services.web.tagged}} | 1:1: 'services.web.tagged' names no service",
        "{{#services.web.option.mode}}{{/services.web.option.mode}} | 1:1: 'services.web.option.mode' names no service",
        "{{services.web.option.balance}}         | 1:1: services.web.option.balance may be missing",
        "{{#services.web}}{{tagged.a}}{{/services.web}} | 1:18: tagged.a is no value",
        "{{#tagged.a}}{{/tagged.a}}              | 1:1: tagged.a belongs to an instance",
        "{{#services.web.option.balance}}{{name}}{{/services.web.option.balance}} | 1:33: name belongs to an instance",
        "{{env.LB_NONE}}                         | 1:1: the environment variable LB_NONE is not set",
        "{{^env.LB_NONE}}{{env.LB_NONE}}{{/env.LB_NONE}} | 1:17: the environment variable LB_NONE is not set",
        "{{env.HOME}}                            | 1:1: the environment variable HOME is not for templates",
        "{{#env.HOME}}{{/env.HOME}}              | 1:1: the environment variable HOME is not for templates",
      })
  void reportsWhereATemplateIsWrong(String template, String message) {
    assertThatThrownBy(() -> compile(template.replace('~', '\n')))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("template t:" + message);
  }

  @Test
  void refusesSectionsThatNestTooDeep() {
    assertThatThrownBy(() -> compile("{{#env.LB_PORT}}".repeat(17) + "{{/env.LB_PORT}}".repeat(17)))
        .hasMessageContaining("more than 16 sections");
    assertThatThrownBy(() -> compile("{{#services.web}}".repeat(3) + "{{/services.web}}".repeat(3)))
        .hasMessageContaining("more than 2 sections of services");
  }

  @Test
  void countsLinesAndColumnsAfterLongText() {
    assertThatThrownBy(() -> compile("global\n".repeat(4000) + "  bind {{nonsense}}"))
        .hasMessageStartingWith("template t:4001:8:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "two words",
        "tab\there",
        "a#b",
        "a\"b",
        "a'b",
        "a\\b",
        "$HOME",
        "%[env(HOME)]",
        "a\nb",
        "é"
      })
  void refusesAnUnsafeEnvironmentVariableWithoutShowingIt(String value) {
    TemplateEnvironment environment = new TemplateEnvironment(Map.of("STATS_PASSWORD", value));
    assertThatThrownBy(
            () ->
                HaproxyTemplate.compile(
                    "t", "{{#env.STATS_PASSWORD}}{{.}}{{/env.STATS_PASSWORD}}", environment))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("STATS_PASSWORD is not fit for a configuration")
        .message()
        .doesNotContain(value);
  }

  @Test
  void refusesAConfigurationThatIsTooLarge() throws TemplateException {
    HaproxyTemplate template =
        compile("{{#services.web}}" + "x".repeat(1 << 20) + "{{/services.web}}");
    var many = new ServiceInstance[65];
    for (int i = 0; i < many.length; i++) {
      many[i] = instance("i" + i);
    }
    assertThatThrownBy(() -> template.render(web(many), ServerNames.NONE))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("the configuration would be larger than")
        .hasMessageContaining("-Xmx");
  }

  @Test
  void rendersAuxiliaryFilesFromTheSameSnapshotAndReportsAProblemOnce() throws TemplateException {
    Path map = Path.of("/etc/haproxy/web.map");
    HaproxyTemplate template =
        compile("{{#services.web}}a {{meta.zone}}\n{{/services.web}}")
            .with(
                Map.of(
                    map,
                    compile(
                        "{{#services.web}}{{id}} {{meta.zone}}\n{{/services.web}}{{#services.db}}{{/services.db}}")));

    assertThat(template.services()).containsExactly("db", "web");
    RenderedConfig rendered = template.render(web(instance("w1")), ServerNames.NONE);
    assertThat(rendered.text()).isEqualTo("\n");
    assertThat(rendered.auxiliaryFiles()).containsExactly(Map.entry(map, "\n"));
    assertThat(rendered.refusals())
        .singleElement()
        .satisfies(refusal -> assertThat(refusal.instance()).isEqualTo("w1"));
  }
}
