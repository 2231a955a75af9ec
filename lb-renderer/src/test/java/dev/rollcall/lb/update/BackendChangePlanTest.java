package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.AuxiliaryFiles;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeCommand;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole backends and entries of maps: what is changed at run time, and what needs a reload. */
class BackendChangePlanTest {

  private static final HaproxyVersion V34 = HaproxyVersion.parse("3.4.7");
  private static final HaproxyVersion V32 = HaproxyVersion.parse("3.2.26");
  private static final Path MAP = Path.of("/etc/haproxy/hosts.map");

  private static final String BASE =
      """
      defaults services
          mode http
          balance roundrobin
          default-server check
      frontend fe_web
          mode http
          bind :80
          use_backend %[req.hdr(host),map(/etc/haproxy/hosts.map)]
      backend be_a from services
          server a1 10.0.0.1:80
      """;
  private static final String B =
      """
      backend be_b from services
          server b1 10.0.0.2:80
          server b2 10.0.0.3:80
      """;

  @Test
  void backendAppearsBeforeTheMapLeadsToIt() {
    assertThat(
            commands(plan(BASE, BASE + B, V34, Draining.NONE, map("a be_a\n", "a be_a\nb be_b\n"))))
        .containsExactly(
            "add backend be_b from services",
            "add server be_b/b1 10.0.0.2:80 check weight 1",
            "enable health be_b/b1",
            "enable server be_b/b1",
            "add server be_b/b2 10.0.0.3:80 check weight 1",
            "enable health be_b/b2",
            "enable server be_b/b2",
            "publish backend be_b",
            "add map /etc/haproxy/hosts.map b be_b");
  }

  @Test
  void backendGoesAfterTheMapNoLongerLeadsToIt() {
    assertThat(
            commands(plan(BASE + B, BASE, V34, Draining.NONE, map("a be_a\nb be_b\n", "a be_a\n"))))
        .containsExactly("del map /etc/haproxy/hosts.map b", "unpublish backend be_b");
  }

  @Test
  void backendMayAppearAnywhereAndServersOfOthersChange() {
    assertThat(
            commands(
                plan(
                    BASE,
                    BASE.replace("backend be_a", B + "backend be_a").replace("a1", "a2"),
                    V34,
                    Draining.NONE)))
        .startsWith("add backend be_b from services")
        .contains("add server be_a/a2 10.0.0.1:80 check weight 1", "publish backend be_b")
        .endsWith("set server be_a/a1 state drain");
  }

  @Test
  void backendThatComesBackIsPublishedAgain() {
    Definition b1 = definition("b1", "10.0.0.9:80");
    Definition b9 = definition("b9", "10.0.0.8:80");
    Draining leaving =
        new Draining(Map.of(b1.name(), b1, b9.name(), b9), Map.of("be_b", "services"));

    assertThat(commands(plan(BASE, BASE + B, V34, leaving)))
        .containsExactly(
            "set server be_b/b1 addr 10.0.0.2 port 80",
            "set server be_b/b1 weight 1",
            "set server be_b/b1 health up",
            "set server be_b/b1 state ready",
            "add server be_b/b2 10.0.0.3:80 check weight 1",
            "enable health be_b/b2",
            "enable server be_b/b2",
            "publish backend be_b",
            "set server be_b/b9 state drain");
  }

  static Stream<Arguments> reloads() {
    String be = "backend be_b: ";
    return Stream.of(
        reload(
            "another line in the backend",
            BASE + B + "    option httplog\n",
            be + "it has lines other than server: \"option httplog\""),
        reload(
            "no named defaults",
            BASE + B.replace(" from services", ""),
            be + "its head is not \"backend NAME from DEFAULTS\""),
        reload(
            "more words in the head",
            BASE + B.replace("from services", "from services guid x"),
            be + "its head is not \"backend NAME from DEFAULTS\""),
        reload(
            "a name that no command can have",
            BASE + B.replace("be_b", "be/b"),
            "backend be/b: its head is not \"backend NAME from DEFAULTS\""),
        reload(
            "defaults of another file",
            BASE + B.replace("services", "elsewhere"),
            be + "its defaults section has no mode"),
        reload(
            "a line that names it",
            BASE.replace("bind :80", "bind :80\n    acl up nbsrv(be_b) ge 1") + B,
            BASE.replace("bind :80", "bind :80\n    acl up nbsrv(be_b) ge 1"),
            "backend be_b is named by \"acl up nbsrv(be_b) ge 1\""),
        reload(
            "a server of 3.4's own with a file that is not loaded",
            BASE + B.replace("b1 10.0.0.2:80", "b1 10.0.0.2:80 ssl verify required ca-file /x.pem"),
            "server be_b/b1: HAProxy has not loaded ca-file \"/x.pem\""),
        reload(
            "an option that add server does not take",
            BASE + B.replace("b1 10.0.0.2:80", "b1 10.0.0.2:80 track be_a/a1"),
            "server be_b/b1: option \"track\" is not one to add at run time"),
        reload(
            "a host name",
            BASE + B.replace("10.0.0.2:80", "example.org:80"),
            "server be_b/b1: no IP address: \"example.org\""),
        reload(
            "an algorithm that is not dynamic",
            BASE.replace("balance roundrobin", "balance static-rr") + B,
            BASE.replace("balance roundrobin", "balance static-rr"),
            be + "balance static-rr is not dynamic"),
        reload(
            "defaults without a mode",
            BASE.replace("services\n    mode http\n", "services\n") + B,
            BASE.replace("services\n    mode http\n", "services\n"),
            be + "its defaults section has no mode"),
        reload(
            "the name of another section",
            BASE + B.replace("be_b", "fe_web"),
            "backend fe_web: another section has its name"),
        reload(
            "conditions",
            ".if feature(X)\n.endif\n" + BASE + B,
            ".if feature(X)\n.endif\n" + BASE,
            "the configuration has conditions, which HAProxy alone can judge"),
        reload(
            "too many servers",
            BASE
                + "backend be_b from services\n"
                + IntStream.range(0, UpdatePlanner.MAX_SERVERS + 1)
                    .mapToObj(
                        n -> "    server s" + n + " 10.1." + n / 200 + "." + n % 200 + ":80\n")
                    .collect(Collectors.joining()),
            "251 servers changed, and one reload is cheaper"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("reloads")
  void reloadsForABackendWith(String name, String wanted, String running, String reason) {
    assertThat(plan(running, wanted, V34, Draining.NONE))
        .isInstanceOfSatisfying(
            UpdatePlan.Reload.class, reload -> assertThat(reload.reason()).endsWith("; " + reason));
  }

  static Stream<Arguments> removals() {
    return Stream.of(
        removal(
            "another line in the backend",
            BASE + B + "    stick-table type ip size 1k\n",
            "backend be_b: it has lines other than server: \"stick-table type ip size 1k\""),
        removal(
            "a line that names it",
            BASE.replace("bind :80", "bind :80\n    use_backend be_b if { path /b }") + B,
            "backend be_b is named by \"use_backend be_b if { path /b }\""),
        removal(
            "a server that another one tracks",
            BASE.replace("10.0.0.1:80", "10.0.0.1:80 track be_b/b1") + B,
            "server be_b/b1 is named by \"server a1 10.0.0.1:80 track be_b/b1\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("removals")
  void reloadsForTheRemovalOfABackendWith(String name, String running, String reason) {
    String without = running.substring(0, running.indexOf("backend be_b from"));
    assertThat(plan(running, without, V34, Draining.NONE))
        .isEqualTo(new UpdatePlan.Reload("backend be_b removed; " + reason));
  }

  @Test
  void reloadsForABackendThatComesBackWithOtherDefaults() {
    assertThat(plan(BASE, BASE + B, V34, new Draining(Map.of(), Map.of("be_b", "others"))))
        .isEqualTo(
            new UpdatePlan.Reload(
                "backend be_b added; backend be_b: it comes back with other defaults before it is"
                    + " gone"));
  }

  @Test
  void reloadsForAnySectionThatIsChangedBeside() {
    assertThat(plan(BASE, BASE.replace(":80\n    use", ":81\n    use") + B, V34, Draining.NONE))
        .isEqualTo(new UpdatePlan.Reload("frontend fe_web changed, backend be_b added"));
  }

  @Test
  void reloadsForBackendsBefore34() {
    assertThat(plan(BASE, BASE + B, V32, Draining.NONE))
        .isEqualTo(
            new UpdatePlan.Reload(
                "backend be_b added; HAProxy 3.2.26 adds and removes no backends while it runs"));
  }

  @Test
  void fewEntriesOfAMapAreChangedOneByOne() {
    assertThat(
            commands(
                plan(
                    BASE,
                    BASE,
                    HaproxyVersion.parse("2.6.12"),
                    Draining.NONE,
                    map("a be_a\nb be_b\nc be_c\n", "# new\nc be_x\n\n  d\tbe_d \r\na be_a\n"))))
        .containsExactly(
            "set map /etc/haproxy/hosts.map c be_x",
            "add map /etc/haproxy/hosts.map d be_d",
            "del map /etc/haproxy/hosts.map b");
  }

  static Stream<Arguments> replacements() {
    return Stream.of(
        Arguments.of("more change than stay", BASE, "a x\nb x\nc x\n", "d y\n"),
        Arguments.of("a key twice in the new one", BASE, "a x\n", "a x\na y\n"),
        Arguments.of("a key twice in the old one", BASE, "a x\na y\n", "a x\n"),
        Arguments.of(
            "a converter that goes by the order",
            BASE.replace("map(/", "map_dom(/"),
            "a x\nb y\n",
            "b y\na x\n"),
        Arguments.of(
            "another converter that does",
            BASE.replace("bind", "acl x path,map_reg_int(/etc/haproxy/hosts.map,0) 1\n    bind"),
            "a x\nb y\n",
            "b y\na x\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("replacements")
  void allEntriesAreReplacedInOneStepFor(String name, String config, String old, String entries) {
    List<String> commands = commands(plan(config, config, V34, Draining.NONE, map(old, entries)));

    assertThat(commands)
        .startsWith("prepare map /etc/haproxy/hosts.map")
        .endsWith("commit map @1 /etc/haproxy/hosts.map")
        .hasSize(2 + (int) entries.lines().count());
  }

  @ParameterizedTest
  @ValueSource(strings = {"# c\na x\nb y\n", "b y\na x\n", "a   x\r\n\tb y"})
  void mapWithTheSameEntriesIsNoChange(String text) {
    assertThat(plan(BASE, BASE, V34, Draining.NONE, map("a x\nb y\n", text)))
        .isEqualTo(new UpdatePlan.NoChange());
  }

  static Stream<Arguments> mapReloads() {
    String otherwise =
        "/etc/haproxy/hosts.map: it is used otherwise than as map(/etc/haproxy/hosts.map) by ";
    return Stream.of(
        mapReload(
            "an ACL that reads it",
            BASE.replace("bind", "acl known hdr(host) -f /etc/haproxy/hosts.map\n    bind"),
            "a x\n",
            otherwise + "\"acl known hdr(host) -f /etc/haproxy/hosts.map\""),
        mapReload(
            "an ACL that reads its keys",
            BASE.replace("bind", "acl known hdr(host) -M -f /etc/haproxy/hosts.map\n    bind"),
            "a x\n",
            otherwise + "\"acl known hdr(host) -M -f /etc/haproxy/hosts.map\""),
        mapReload(
            "a rule that changes it",
            BASE.replace("bind", "http-request set-map(/etc/haproxy/hosts.map) a b\n    bind"),
            "a x\n",
            otherwise + "\"http-request set-map(/etc/haproxy/hosts.map) a b\""),
        mapReload(
            "another path to it",
            BASE.replace("bind", "acl known hdr(host),map(./hosts.map) -m found\n    bind"),
            "a x\n",
            otherwise + "\"acl known hdr(host),map(./hosts.map) -m found\""),
        mapReload(
            "no map at all",
            BASE.replace("map(/etc/haproxy/hosts.map)", "lower"),
            "a x\n",
            "/etc/haproxy/hosts.map: no map converter has its path"),
        mapReload(
            "a value of two words",
            BASE,
            "a x y\n",
            "/etc/haproxy/hosts.map: the value of \"a\" is not one word"),
        mapReload(
            "a value that would be another command",
            BASE,
            "a x;shutdown\n",
            "/etc/haproxy/hosts.map: not one command:"
                + " \"add map /etc/haproxy/hosts.map a x;shutdown\""),
        mapReload(
            "a key without a value",
            BASE,
            "a\n",
            "/etc/haproxy/hosts.map: the value of \"a\" is not one word"),
        mapReload(
            "a key with a backslash",
            BASE,
            "a\\b x\n",
            "/etc/haproxy/hosts.map: not one command: \"add map /etc/haproxy/hosts.map a\\b x\""),
        mapReload(
            "more entries than are compared",
            BASE,
            IntStream.rangeClosed(0, MapReferences.MAX_ENTRIES)
                .mapToObj(n -> "k" + n + " x\n")
                .collect(Collectors.joining()),
            "/etc/haproxy/hosts.map has 10004 entries, and more than 10000 are not compared with"
                + " HAProxy's"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mapReloads")
  void reloadsForAMapWith(String name, String config, String entries, String reason) {
    // Some entries that stay, so that it is no replacement.
    String stay = "k x\nl x\nm x\n";
    assertThat(plan(config, config, V34, Draining.NONE, map(stay, stay + entries)))
        .isEqualTo(new UpdatePlan.Reload("changed: [/etc/haproxy/hosts.map]; " + reason));
  }

  @Test
  void reloadsForAMapThatHaproxyWasNotSeenToRead() {
    assertThat(
            plan(
                BASE,
                BASE,
                V34,
                Draining.NONE,
                new AuxiliaryFiles.Change(MAP, Optional.empty(), "a x\n", false)))
        .isEqualTo(
            new UpdatePlan.Reload(
                "changed: [/etc/haproxy/hosts.map]; /etc/haproxy/hosts.map: HAProxy was not seen to"
                    + " read it"));
  }

  @Test
  void reloadsForAFileThatAnotherFileNames() {
    assertThat(
            plan(
                BASE,
                BASE,
                V34,
                Draining.NONE,
                new AuxiliaryFiles.Change(MAP, Optional.of("a x\n"), "a y\n", true)))
        .asString()
        .contains("another file names it");
  }

  @Test
  void reloadsForAMapOfAVersionThatIsNotKnownOrCannotReplaceIt() {
    assertThat(plan(BASE, BASE, null, Draining.NONE, map("a x\n", "a y\n")))
        .isEqualTo(new UpdatePlan.Reload("changed: [/etc/haproxy/hosts.map]"));
    assertThat(
            plan(BASE, BASE, HaproxyVersion.parse("2.2.9"), Draining.NONE, map("a x\n", "a y\n")))
        .asString()
        .contains("HAProxy 2.2.9 replaces no map while it runs");
  }

  @Test
  void fileWithASimilarNameIsAnotherOne() {
    String config = BASE.replace("bind", "acl x hdr(host) -f /etc/haproxy/tcp-hosts.map\n    bind");
    assertThat(commands(plan(config, config, V34, Draining.NONE, map("a x\nb x\n", "a y\nb x\n"))))
        .containsExactly("set map /etc/haproxy/hosts.map a y");
  }

  private static Definition definition(String server, String address) {
    return new Definition(
        new ServerName("be_b", server),
        ServerAddress.parse(address),
        ServerOptions.fold(List.of("check")));
  }

  private static Arguments reload(String name, String wanted, String reason) {
    return reload(name, wanted, BASE, reason);
  }

  private static Arguments reload(String name, String wanted, String running, String reason) {
    return Arguments.of(name, wanted, running, reason);
  }

  private static Arguments removal(String name, String running, String reason) {
    return Arguments.of(name, running, reason);
  }

  private static Arguments mapReload(String name, String config, String entries, String reason) {
    return Arguments.of(name, config, entries, reason);
  }

  private static AuxiliaryFiles.Change map(String running, String wanted) {
    return new AuxiliaryFiles.Change(MAP, Optional.of(running), wanted, false);
  }

  private static UpdatePlan plan(
      String running,
      String wanted,
      @Nullable HaproxyVersion version,
      Draining draining,
      AuxiliaryFiles.Change... files) {
    return UpdatePlanner.plan(
        HaproxyConfig.parse(running),
        HaproxyConfig.parse(wanted),
        version,
        draining,
        List.of(files));
  }

  private static List<String> commands(UpdatePlan plan) {
    assertThat(plan).isInstanceOf(UpdatePlan.RuntimeChange.class);
    return ((UpdatePlan.RuntimeChange) plan)
        .changes().stream()
            .flatMap(change -> change.commands().stream())
            .map(RuntimeCommand::line)
            .toList();
  }
}
