package dev.rollcall.lb.template;

import static dev.rollcall.lb.TestInstances.at;
import static dev.rollcall.lb.TestInstances.instance;
import static dev.rollcall.lb.TestInstances.moved;
import static dev.rollcall.lb.TestInstances.onNode;
import static dev.rollcall.lb.TestInstances.web;
import static dev.rollcall.lb.TestInstances.weighing;
import static dev.rollcall.lb.TestInstances.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever an instance registers, the configuration keeps its template's shape and the other
 * instances stay in it.
 */
class HostileValuesTest {
  private static final String GOOD_LINE = "server good 198.18.0.5:8080 weight 1\n";
  private static final String SERVER = "server {{name}} {{address}}:{{port}} weight {{weight}}\n";

  private static RenderedConfig render(String line, ServiceInstance... instances)
      throws TemplateException {
    String text = "{{#services.web}}\n" + line + "{{/services.web}}\n";
    return HaproxyTemplate.compile("t", text, new TemplateEnvironment(Map.of()))
        .render(web(instances), ServerNames.NONE);
  }

  private static void assertLeftOut(RenderedConfig rendered, String goodLine) {
    assertThat(rendered.text()).isEqualTo(goodLine);
    assertThat(rendered.refusals())
        .singleElement()
        .satisfies(refusal -> assertThat(refusal.toString()).matches("[ -~…]+"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "127.0.0.1 backup",
        "127.0.0.1#",
        "127.0.0.1$",
        "127.0.0.1\r",
        "127.0.0.1\n",
        "127.0.0.1\nbackend x",
        "127.0.0.1:80",
        "127.0.0.1:80 ssl verify none",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.0.0.01",
        "127.0.0.1.",
        ".127.0.0.1",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.3.999",
        "-1.2.3.4",
        "１.2.3.4",
        "*",
        "0.0.0.0",
        "::",
        "[::1]",
        "::1%lo",
        "fe80::1%eth0",
        "ff02::1",
        "224.0.0.1",
        "255.255.255.255",
        "169.254.169.254",
        "fe80::1",
        "::ffff:10.0.0.1",
        "::ffff:7f00:1",
        "::10.0.0.1",
        "::ffff:0.0.0.0",
        "1:2:3:4:5:6:7:8:9",
        "12345::1",
        ":::",
        ":",
        "localhost",
        "web.example",
        "example.com.",
        "/run/haproxy/admin.sock",
        "unix@/run/haproxy/admin.sock",
        "abns@x",
        "fd@3",
        "sockpair@3",
        "ipv4@127.0.0.1",
        "udp@127.0.0.1",
        "${HOME}",
        "$HOME",
        "%[env(HOME)]",
        "\"127.0.0.1\"",
        "'127.0.0.1'",
        "127.0.0.1\\ backup",
        "127.0.0.1;",
        "127.0.0.1,127.0.0.2",
        "127.0.0.1/8",
        "::1/128",
        "a\u0000b",
        "é",
        "\u2028"
      })
  void leavesOutAnInstanceWithAnInvalidAddress(String address) throws TemplateException {
    assertLeftOut(render(SERVER, instance("good"), at("evil", address, 8080)), GOOD_LINE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "0.0.0.1",
        "10.200.255.254",
        "198.18.0.7",
        "223.255.255.255",
        "::1",
        "2001:db8::7",
        "fd00::1",
        "1:2:3:4:5:6:7:8"
      })
  void servesAnInstanceWithAValidAddress(String address) throws TemplateException {
    assertThat(render(SERVER, at("a", address, 80)).refusals()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65_536, 99_999, Integer.MAX_VALUE})
  void leavesOutAnInstanceWithAnInvalidPort(int port) throws TemplateException {
    assertLeftOut(render(SERVER, instance("good"), at("evil", "198.18.0.6", port)), GOOD_LINE);
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1})
  void leavesOutAnInstanceWithAnInvalidWeight(int weight) throws TemplateException {
    assertLeftOut(render(SERVER, instance("good"), weighing("light", weight)), GOOD_LINE);
  }

  @Test
  void scalesWeightsIntoHaproxysRange() throws TemplateException {
    assertThat(
            render(
                    SERVER,
                    weighing("heavy", 300),
                    moved(weighing("light", 100), "198.18.0.6", 80),
                    moved(weighing("least", 1), "198.18.0.7", 80),
                    moved(weighing("off", 0), "198.18.0.8", 80))
                .text())
        .isEqualTo(
            """
            server heavy 198.18.0.5:8082 weight 256
            server light 198.18.0.6:80 weight 85
            server least 198.18.0.7:80 weight 1
            server off 198.18.0.8:80 weight 0
            """);
  }

  /** Of each kind of value one that could not be written. */
  static Stream<ServiceInstance> oddInstances() {
    String odd = "a\nb #";
    return Stream.of(
        moved(instance("a"), odd, 8080),
        moved(instance("a"), "0.0.0.0", 8080),
        moved(instance("a"), "fe80::1%eth0", 8080),
        moved(instance("a"), "198.18.0.5", 0),
        moved(instance("a"), "198.18.0.5", 70_000),
        weighing("a", -1),
        weighing("a", Integer.MAX_VALUE),
        onNode(odd, "n"),
        onNode("a", odd),
        with("a", List.of(odd), Map.of()),
        with("a", List.of(), Map.of("zone", odd, "lb-balance", odd)),
        ServiceInstance.builder("web", "198.18.0.5", 80)
            .id("a")
            .node("n")
            .status(HealthStatus.CRITICAL)
            .datacenter(odd)
            .build());
  }

  @ParameterizedTest
  @MethodSource("oddInstances")
  void doesNotCheckValuesThatTheTemplateDoesNotWrite(ServiceInstance odd) throws TemplateException {
    RenderedConfig rendered = render("{{-index}} {{name}}\n", odd);
    assertThat(rendered.refusals()).isEmpty();
    assertThat(rendered.ignored()).isEmpty();
    assertThat(rendered.text()).matches("1 [A-Za-z0-9_.-]+\n");
  }

  /**
   * Every character that is not allowed, alone in a word and at its end, and words of HAProxy's and
   * Mustache's own.
   */
  static Stream<String> words() {
    Stream<String> characters =
        IntStream.concat(
                IntStream.range(0, 0x100), IntStream.of(0x2028, 0x2029, 0xfeff, 0xff0f, 0xd800))
            .mapToObj(c -> String.valueOf((char) c))
            .filter(c -> !c.matches("[A-Za-z0-9._~/-]"))
            .flatMap(c -> Stream.of(c, "a" + c, "a" + c + "b"));
    return Stream.concat(
        characters,
        Stream.of(
            "",
            "x".repeat(129),
            "x".repeat(1 << 20),
            "a\nbackend evil",
            "a check\n",
            "${SECRET}",
            "$SECRET",
            "%[env(SECRET)]",
            "%%",
            "\\x20",
            "a\\ b",
            "\"a\"",
            "'a'",
            "a#",
            "{{name}}",
            "{{{name}}}",
            "{{#services.web}}",
            "}}",
            "a;show info",
            "a<<",
            "@1",
            "*:80",
            "a,b",
            "a=b",
            "(a)",
            "[a]",
            "a|b",
            "a&b",
            "a!b",
            "a?b",
            "a+b",
            "a^b",
            "`a`",
            "日本"));
  }

  @ParameterizedTest
  @MethodSource("words")
  void leavesOutAnInstanceWithUnsafeMetadataThatTheTemplateWrites(String hostile)
      throws TemplateException {
    for (String tag : List.of("{{meta.zone}}", "{{{meta.zone}}}", "{{&meta.zone}}")) {
      String line = "server {{name}} " + tag + "\n";
      ServiceInstance good = with("good", List.of(), Map.of("zone", "eu-1"));
      ServiceInstance evil = with("evil", List.of(), Map.of("zone", hostile));
      assertLeftOut(render(line, good, evil), "server good eu-1\n");
      assertLeftOut(render(line, evil, good), "server good eu-1\n");
    }
  }

  @ParameterizedTest
  @MethodSource("words")
  void leavesOutAnUnsafeTagButServesTheInstance(String hostile) throws TemplateException {
    RenderedConfig rendered =
        render(
            "server {{name}} {{#tags}}{{-index}}{{.}}{{^-last}},{{/-last}}{{/tags}}{{^tags}}none{{/tags}}\n",
            with("both", List.of("blue", hostile, "red"), Map.of()),
            with("only", List.of(hostile), Map.of()));
    assertThat(rendered.text()).isEqualTo("server both 1blue,2red\nserver only none\n");
    assertThat(rendered.refusals()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("words")
  void servesAnInstanceWithUnsafeValuesThatTheTemplateDoesNotWrite(String hostile)
      throws TemplateException {
    ServiceInstance odd = with("odd", List.of(hostile), Map.of("zone", hostile));
    assertThat(render(SERVER, odd).text()).isEqualTo("server odd 198.18.0.5:8080 weight 1\n");
  }

  @ParameterizedTest
  @MethodSource("words")
  void givesEveryInstanceALegalServerNameButWritesOnlySafeIds(String hostile)
      throws TemplateException {
    assertThat(render(SERVER, instance("good"), onNode(hostile, "n")).text().lines())
        .hasSize(2)
        .allMatch(
            line ->
                line.matches(
                    "server [A-Za-z0-9][A-Za-z0-9_.-]{0,62} 198\\.18\\.0\\.5:808[01] weight 1"));
    assertLeftOut(
        render("server {{id}}\n", instance("good"), onNode(hostile, "n")), "server good\n");
    assertLeftOut(
        render("server {{id}} {{node}}\n", onNode("good", "n"), onNode("evil", hostile)),
        "server good n\n");
  }

  @Test
  void leavesOutAnInstanceWithoutAValueThatTheTemplateWrites() throws TemplateException {
    RenderedConfig rendered =
        render(
            "server {{name}} {{meta.zone}}\n",
            with("good", List.of(), Map.of("zone", "a")),
            instance("bare"));
    assertLeftOut(rendered, "server good a\n");
    assertThat(rendered.refusals().get(0).reason()).contains("meta.zone").contains("optional");
  }

  @Test
  void leavesOutAnInstanceWithAHalfWrittenLine() throws TemplateException {
    String line = "server {{name}} {{address}}:{{port}} # {{meta.zone}}\n";
    ServiceInstance evil = with("evil", List.of(), Map.of("zone", "x\nserver z 10.0.0.9:1"));
    assertLeftOut(
        render(line, with("good", List.of(), Map.of("zone", "a")), evil),
        "server good 198.18.0.5:8080 # a\n");
  }

  @Test
  void rendersTheInvertedSectionIfAllAreLeftOut() throws TemplateException {
    String text =
        "{{#services.web}}{{meta.a}}{{/services.web}}{{^services.web}}none{{/services.web}}";
    assertThat(
            HaproxyTemplate.compile("t", text, new TemplateEnvironment(Map.of()))
                .render(web(instance("a")), ServerNames.NONE)
                .text())
        .isEqualTo("none\n");
  }

  @Test
  void endsThoughEveryAttemptFindsAnotherInstanceToLeaveOut() throws TemplateException {
    String text = "{{#services.web}}{{#-first}}{{meta.a}}{{/-first}}{{/services.web}}";
    List<ServiceInstance> instances = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      instances.add(instance("i" + i));
    }
    RenderedConfig rendered =
        HaproxyTemplate.compile("t", text, new TemplateEnvironment(Map.of()))
            .render(web(instances.toArray(ServiceInstance[]::new)), ServerNames.NONE);
    assertThat(rendered.text()).isEqualTo("\n");
    assertThat(rendered.refusals()).hasSize(50);
  }
}
