package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeCommand;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class UpdatePlannerTest {

  private static final String BASE =
      """
      global
          maxconn 100
      defaults
          mode http
      frontend fe_web
          bind :80
          default_backend be_web
      backend be_web
          balance roundrobin
          server a 10.0.0.1:80 check
          server b 10.0.0.2:80 check
      """;

  static Stream<Arguments> changes() {
    return Stream.of(
        Arguments.of(
            "a server joins",
            BASE + "    server c 10.0.0.3:80 check\n",
            "1 server added in backend be_web"),
        Arguments.of(
            "two servers join",
            BASE + "    server c 10.0.0.3:80 check\n    server d 10.0.0.4:80 check\n",
            "2 servers added in backend be_web"),
        Arguments.of(
            "a server leaves",
            BASE.replace("    server b 10.0.0.2:80 check\n", ""),
            "1 server removed in backend be_web"),
        Arguments.of(
            "a server takes the place of another",
            BASE.replace("server b", "server c"),
            "1 server added in backend be_web, 1 server removed in backend be_web"),
        Arguments.of(
            "an address changes",
            BASE.replace("10.0.0.2:80", "10.0.0.2:81"),
            "1 server changed in backend be_web"),
        Arguments.of(
            "a weight is given",
            BASE.replace("10.0.0.2:80 check", "10.0.0.2:80 check weight 5"),
            "1 server changed in backend be_web"),
        Arguments.of(
            "the servers change places",
            BASE.replace("server a 10.0.0.1", "server x 10.0.0.9")
                .replace("server b 10.0.0.2", "server a 10.0.0.1")
                .replace("server x 10.0.0.9", "server b 10.0.0.2"),
            "order of the lines in backend be_web changed"),
        Arguments.of(
            "another line of a backend with servers that change too",
            BASE.replace("roundrobin", "leastconn").replace("10.0.0.1", "10.0.0.9"),
            "backend be_web changed"),
        Arguments.of(
            "a frontend line",
            BASE.replace(":80\n    def", ":81\n    def"),
            "frontend fe_web changed"),
        Arguments.of("the global section", BASE.replace("100", "200"), "global changed"),
        Arguments.of(
            "a section's head",
            BASE.replace("backend be_web\n    balance", "backend be_web from x\n    balance"),
            "backend be_web changed"),
        Arguments.of(
            "a service appears",
            BASE + "backend be_api\n    server a 10.0.1.1:80\n",
            "backend be_api added"),
        Arguments.of(
            "a service goes",
            BASE.substring(0, BASE.lastIndexOf("backend be_web\n")),
            "backend be_web removed"),
        Arguments.of(
            "a second section of one title",
            BASE + "defaults\n    mode tcp\n",
            "defaults (no. 2) added"),
        Arguments.of(
            "sections change places",
            BASE.substring(BASE.indexOf("frontend")) + BASE.substring(0, BASE.indexOf("frontend")),
            "order of the sections changed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("changes")
  void reloadsAndSaysWhatChanged(String name, String wanted, String reason) {
    assertThat(plan(BASE, wanted)).isEqualTo(new UpdatePlan.Reload(reason));
  }

  @Test
  void sameTextIsNoChange() {
    assertThat(plan(BASE, BASE)).isEqualTo(new UpdatePlan.NoChange());
  }

  @Test
  void anotherCommentIsNoChange() {
    assertThat(plan(BASE, "# rendered at noon\n" + BASE.replace(":80 check", ":80  check # ok")))
        .isEqualTo(new UpdatePlan.NoChange());
  }

  @Test
  void namesOnlyTheFirstOfManyReasons() {
    StringBuilder wanted = new StringBuilder(BASE);
    IntStream.range(0, 10)
        .forEach(number -> wanted.append("backend b").append(number).append('\n'));

    assertThat(plan(BASE, wanted.toString()))
        .isEqualTo(
            new UpdatePlan.Reload(
                "backend b0 added, backend b1 added, backend b2 added, backend b3 added and 6 more"));
  }

  static Stream<Arguments> runtimeChanges() {
    return Stream.of(
        Arguments.of(
            "a server joins",
            BASE + "    server c 10.0.0.3:80 check\n",
            "1 server added in backend be_web",
            List.of(
                "add server be_web/c 10.0.0.3:80 check weight 1",
                "enable health be_web/c",
                "enable server be_web/c")),
        Arguments.of(
            "a server leaves",
            BASE.replace("    server b 10.0.0.2:80 check\n", ""),
            "1 server removed in backend be_web",
            List.of("set server be_web/b state drain")),
        Arguments.of(
            "a server takes the place of another: it is there first",
            BASE.replace("server b", "server c"),
            "1 server added in backend be_web, 1 server removed in backend be_web",
            List.of(
                "add server be_web/c 10.0.0.2:80 check weight 1",
                "enable health be_web/c",
                "enable server be_web/c",
                "set server be_web/b state drain")),
        Arguments.of(
            "an address and a weight change",
            BASE.replace("10.0.0.2:80 check", "10.0.0.2:81 check weight 5"),
            "1 server changed in backend be_web",
            List.of("set server be_web/b addr 10.0.0.2 port 81", "set server be_web/b weight 5")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("runtimeChanges")
  void changesServersAtRunTime(String name, String wanted, String summary, List<String> commands) {
    UpdatePlan plan = plan(BASE, wanted, "3.0.11");

    assertThat(plan).isInstanceOf(UpdatePlan.RuntimeChange.class);
    UpdatePlan.RuntimeChange change = (UpdatePlan.RuntimeChange) plan;
    assertThat(change.summary()).isEqualTo(summary);
    assertThat(
            change.changes().stream()
                .flatMap(step -> step.commands().stream())
                .map(RuntimeCommand::line))
        .containsExactlyElementsOf(commands);
  }

  static Stream<Arguments> reloads() {
    String joined = BASE + "    server c 10.0.0.3:80 check\n";
    return Stream.of(
        Arguments.of(
            "the version is one that loses servers",
            joined,
            "2.6.12",
            "1 server added in backend be_web;"
                + " HAProxy 2.6.12 does not add and remove servers safely while it runs"),
        Arguments.of(
            "an option that HAProxy does not take at run time",
            joined.replace("10.0.0.3:80 check", "10.0.0.3:80 resolvers dns"),
            "3.0.11",
            "1 server added in backend be_web;"
                + " server be_web/c: option \"resolvers\" is not one to add at run time"),
        Arguments.of(
            "a server and more",
            joined.replace("roundrobin", "leastconn"),
            "3.0.11",
            "backend be_web changed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("reloads")
  void reloadsAndSaysWhyNotAtRunTime(String name, String wanted, String version, String reason) {
    assertThat(plan(BASE, wanted, version)).isEqualTo(new UpdatePlan.Reload(reason));
  }

  @Test
  void anotherOrderOfServersIsNoChange() {
    assertThat(
            plan(
                BASE,
                BASE.replace("server a 10.0.0.1", "server x 10.0.0.9")
                    .replace("server b 10.0.0.2", "server a 10.0.0.1")
                    .replace("server x 10.0.0.9", "server b 10.0.0.2"),
                "3.0.11"))
        .isEqualTo(new UpdatePlan.NoChange());
  }

  private static UpdatePlan plan(String running, String wanted, String version) {
    return UpdatePlanner.plan(
        HaproxyConfig.parse(running),
        HaproxyConfig.parse(wanted),
        HaproxyVersion.parse(version),
        Draining.NONE,
        List.of());
  }

  private static UpdatePlan plan(String running, String wanted) {
    return UpdatePlanner.plan(
        HaproxyConfig.parse(running), HaproxyConfig.parse(wanted), null, Draining.NONE, List.of());
  }
}
