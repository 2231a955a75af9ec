package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerAddress;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.config.ServerOptions;
import dev.rollcall.lb.haproxy.HaproxyReplies;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeCommand;
import dev.rollcall.lb.haproxy.ServerChange.AddServer;
import dev.rollcall.lb.haproxy.ServerChange.Definition;
import dev.rollcall.lb.update.UpdatePlan.Reload;
import dev.rollcall.lb.update.UpdatePlan.RuntimeChange;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerChangePlanTest {

  private static final HaproxyVersion V30 = HaproxyVersion.parse("3.0.11");
  private static final String S1 = "server s1 10.0.0.1:80 check";
  private static final String S2 = "server s2 10.0.0.2:80 check";
  private static final String S3 = "server s3 10.0.0.3:80 check";

  static Stream<Arguments> commands() {
    return Stream.of(
        change("nothing changes", List.of(S1, S2), List.of(S1, S2)),
        change("the order of the lines changes", List.of(S1, S2), List.of(S2, S1)),
        change("a spelling changes", List.of(S1), List.of("server s1 10.0.0.1:80 check weight 1")),
        change(
            "one joins",
            List.of(S1),
            List.of(S1, S2),
            "add server be/s2 10.0.0.2:80 check weight 1",
            "enable health be/s2",
            "enable server be/s2"),
        change(
            "the first joins",
            List.of(),
            List.of("server s1 10.0.0.1:80"),
            "add server be/s1 10.0.0.1:80 weight 1",
            "enable server be/s1"),
        change("the last leaves", List.of(S1), List.of(), "set server be/s1 state drain"),
        change(
            "one joins and one leaves: the pool is not smaller in between",
            List.of(S1, S2),
            List.of(S2, S3),
            "add server be/s3 10.0.0.3:80 check weight 1",
            "enable health be/s3",
            "enable server be/s3",
            "set server be/s1 state drain"),
        change(
            "what default-server gives is spelled out",
            List.of("default-server check inter 2s fall 2", "default-server rise 1 inter 3s"),
            List.of(
                "default-server check inter 2s fall 2",
                "default-server rise 1 inter 3s",
                "server s1 10.0.0.1:80 weight 10"),
            "add server be/s1 10.0.0.1:80 check fall 2 inter 3s rise 1 weight 10",
            "enable health be/s1",
            "enable server be/s1"),
        change(
            "only the default-server lines before a server count",
            List.of("default-server maxconn 5"),
            List.of("server s1 10.0.0.1:80", "default-server maxconn 5"),
            "add server be/s1 10.0.0.1:80 weight 1",
            "enable server be/s1"),
        change(
            "a disabled one joins",
            List.of(),
            List.of("server s1 10.0.0.1:80 check disabled"),
            "add server be/s1 10.0.0.1:80 check weight 1",
            "enable health be/s1"),
        change(
            "a weight changes",
            List.of(S1),
            List.of(S1 + " weight 10"),
            "set server be/s1 weight 10"),
        change(
            "an address changes",
            List.of(S1),
            List.of("server s1 10.0.0.9:8080 check"),
            "set server be/s1 addr 10.0.0.9 port 8080"),
        change(
            "one is disabled and one enabled",
            List.of(S1, S2 + " disabled"),
            List.of(S1 + " disabled", S2),
            "set server be/s1 state maint",
            "set server be/s2 state ready"),
        change(
            "one with a cookie joins",
            List.of("cookie SRV insert indirect nocache"),
            List.of("cookie SRV insert indirect nocache", "server s1 10.0.0.1:80 cookie s1"),
            "add server be/s1 10.0.0.1:80 cookie s1 weight 1",
            "enable server be/s1"),
        change(
            "checks of TLS and PROXY are those of the file",
            List.of(),
            List.of("server s1 10.0.0.1:80 ssl verify none send-proxy-v2 check"),
            "add server be/s1 10.0.0.1:80 check check-send-proxy check-ssl send-proxy-v2 ssl verify"
                + " none weight 1",
            "enable health be/s1",
            "enable server be/s1"),
        change(
            "an agent is asked",
            List.of(),
            List.of("server s1 10.0.0.1:80 agent-check agent-port 7000"),
            "add server be/s1 10.0.0.1:80 agent-check agent-port 7000 weight 1",
            "enable agent be/s1",
            "enable server be/s1"),
        change(
            "a file that HAProxy has loaded for another server",
            List.of("server s1 10.0.0.1:80 ssl verify required ca-file /etc/ca.pem"),
            List.of(
                "server s1 10.0.0.1:80 ssl verify required ca-file /etc/ca.pem",
                "server s2 10.0.0.2:80 ssl verify required ca-file /etc/ca.pem"),
            "add server be/s2 10.0.0.2:80 ca-file /etc/ca.pem ssl verify required weight 1",
            "enable server be/s2"),
        change(
            "the authorities of the system are always loaded",
            List.of(),
            List.of("server s1 10.0.0.1:80 ssl verify required ca-file @system-ca"),
            "add server be/s1 10.0.0.1:80 ca-file @system-ca ssl verify required weight 1",
            "enable server be/s1"),
        change(
            "a key for a hash that this backend has not",
            List.of(),
            List.of("server s1 10.0.0.1:80 hash-key addr-port id 7"),
            "add server be/s1 10.0.0.1:80 hash-key addr-port id 7 weight 1",
            "enable server be/s1"),
        change(
            "the last of the backup servers joins",
            List.of(S1, "server s2 10.0.0.2:80 backup"),
            List.of(S1, "server s2 10.0.0.2:80 backup", "server s3 10.0.0.3:80 backup"),
            "add server be/s3 10.0.0.3:80 backup weight 1",
            "enable server be/s3"),
        change(
            "all backup servers serve",
            List.of("option allbackups", "server s2 10.0.0.2:80 backup"),
            List.of(
                "option allbackups",
                "server s1 10.0.0.1:80 backup",
                "server s2 10.0.0.2:80 backup"),
            "add server be/s1 10.0.0.1:80 backup weight 1",
            "enable server be/s1"),
        change(
            "words that equal names of servers",
            List.of(
                "option httpchk GET /s1",
                "http-request set-header s1 s1",
                "cookie s1 insert",
                "use-server s2 if { path /s1 }",
                "server s2 10.0.0.2:80 cookie s1",
                S1),
            List.of(
                "option httpchk GET /s1",
                "http-request set-header s1 s1",
                "cookie s1 insert",
                "use-server s2 if { path /s1 }",
                "server s2 10.0.0.2:80 cookie s1"),
            "set server be/s1 state drain"),
        change(
            "random with its number of draws",
            List.of("balance random(2)", S1),
            List.of("balance random(2)"),
            "set server be/s1 state drain"),
        change(
            "a server that resolves names stays",
            List.of("server db db.example.org:5432 resolvers dns", S1),
            List.of("server db db.example.org:5432 resolvers dns"),
            "set server be/s1 state drain"),
        change(
            "one that nobody could add leaves",
            List.of("server db db.example.org:5432 resolvers dns"),
            List.of(),
            "set server be/db state drain"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("commands")
  void isPlannedAtRunTime(
      String name, List<String> running, List<String> wanted, List<String> expected) {
    UpdatePlan decision =
        between(HaproxyReplies.backend(running), HaproxyReplies.backend(wanted), V30);
    assertThat(decision).isInstanceOf(RuntimeChange.class);
    assertThat(
            ((RuntimeChange) decision)
                .changes().stream()
                    .flatMap(step -> step.commands().stream())
                    .map(RuntimeCommand::line))
        .containsExactlyElementsOf(expected);
  }

  static Stream<Arguments> reloads() {
    return Stream.of(
        reload(
            "another line changes",
            List.of(S1),
            List.of(S1, "option httpchk"),
            "more than servers and whole backends changed"),
        reload(
            "default-server changes",
            List.of("default-server inter 1s", S1),
            List.of("default-server inter 2s", S1),
            "more than servers and whole backends changed"),
        reload(
            "a server moves behind a default-server",
            List.of(S1, "default-server maxconn 5"),
            List.of("default-server maxconn 5", S1),
            "server be/s1: its options changed"),
        reload(
            "an option changes",
            List.of(S1),
            List.of(S1 + " inter 5s"),
            "server be/s1: its options changed"),
        reload(
            "an option that add server does not take",
            List.of(S1),
            List.of(S1, "server db 10.0.0.9:80 resolvers dns"),
            "server be/db: option \"resolvers\" is not one to add at run time"),
        reload(
            "an option by way of default-server that add server does not take",
            List.of("default-server init-addr none", S1),
            List.of("default-server init-addr none", S1, S2),
            "server be/s2: option \"init-addr\" is not one to add at run time"),
        reload(
            "an option that this version does not take",
            List.of(),
            List.of("server s1 10.0.0.1:80 check init-state down"),
            "server be/s1: HAProxy 3.0.11 has no option init-state"),
        reload(
            "a name instead of an address",
            List.of(S1),
            List.of(S1, "server db db.example.org:80"),
            "server be/db: no IP address: \"db.example.org\""),
        reload(
            "a socket instead of an address",
            List.of(S1),
            List.of(S1, "server db /run/haproxy/admin.sock"),
            "server be/db: not an IP address and a port: \"/run/haproxy/admin.sock\""),
        reload(
            "a variable instead of an address",
            List.of(S1),
            List.of(S1, "server db \"${HOST}:80\""),
            "server be/db: not an IP address and a port: \"\"${HOST}:80\"\""),
        reload(
            "two of one name",
            List.of(S1),
            List.of(S1, "server s1 10.0.0.2:80"),
            "two servers of backend be have the name s1"),
        reload(
            "static-rr",
            List.of("balance static-rr", S1),
            List.of("balance static-rr", S1, S2),
            "backend be: balance static-rr is not dynamic"),
        reload(
            "a hash of a map",
            List.of("balance uri", S1),
            List.of("balance uri", S1, S2),
            "backend be: balance uri is not dynamic"),
        reload(
            "a weight in a hash of a map",
            List.of("balance hdr(host)", S1),
            List.of("balance hdr(host)", S1 + " weight 2"),
            "backend be: balance hdr(host) is not dynamic"),
        reload(
            "first, where order counts",
            List.of("balance first", S1, S2),
            List.of("balance first", S2),
            "backend be: balance first goes by the order of the servers"),
        reload(
            "first, where the order alone changes",
            List.of("balance first", S1, S2),
            List.of("balance first", S2, S1),
            "backend be: the order of its servers changed, and counts"),
        reload(
            "a consistent hash by numbers",
            List.of("balance source", "hash-type consistent", S1, S2),
            List.of("balance source", "hash-type consistent", S2),
            "backend be: balance source goes by the numbers that servers get in the order of their"
                + " lines, and the next reload would move requests; give each server line an id, or"
                + " hash-key addr-port"),
        reload(
            "a backup server joins before another",
            List.of("server s2 10.0.0.2:80 backup"),
            List.of("server s1 10.0.0.1:80 backup", "server s2 10.0.0.2:80 backup"),
            "backend be: its backup servers serve in the order of their lines"),
        reload(
            "the order of backup servers changes",
            List.of("server s1 10.0.0.1:80 backup", "server s2 10.0.0.2:80 backup"),
            List.of("server s2 10.0.0.2:80 backup", "server s1 10.0.0.1:80 backup"),
            "backend be: its backup servers serve in the order of their lines"),
        reload(
            "a file that HAProxy has not loaded",
            List.of("server s1 10.0.0.1:80 ssl verify required ca-file /etc/ca.pem"),
            List.of(
                "server s1 10.0.0.1:80 ssl verify required ca-file /etc/ca.pem",
                "server s2 10.0.0.2:80 ssl verify required ca-file /etc/other.pem"),
            "server be/s2: HAProxy has not loaded ca-file \"/etc/other.pem\""),
        reload(
            "a rule asks for the one that leaves, in quotes and by its name alone",
            List.of("http-request set-header X \"%[srv_conn(s1)]\"", S1, S2),
            List.of("http-request set-header X \"%[srv_conn(s1)]\"", S2),
            "server be/s1 is named by \"http-request set-header X \"%[srv_conn(s1)]\"\""),
        reload(
            "a rule that may name the one that leaves",
            List.of("use-server \"${WHICH}\" if TRUE", S1, S2),
            List.of("use-server \"${WHICH}\" if TRUE", S2),
            "server be/s1 is named by \"use-server \"${WHICH}\" if TRUE\""),
        reload(
            "dynamic cookies",
            List.of("cookie SRV insert dynamic", S1),
            List.of("cookie SRV insert dynamic", S1, S2),
            "backend be: its cookies are dynamic"),
        reload(
            "a log backend",
            List.of("mode log", S1),
            List.of("mode log", S1, S2),
            "backend be: its mode is log"),
        reload(
            "use-server names the one that leaves",
            List.of("use-server s1 if { path /x }", S1, S2),
            List.of("use-server s1 if { path /x }", S2),
            "server be/s1 is named by \"use-server s1 if { path /x }\""),
        reload(
            "another server tracks the one that leaves",
            List.of(S1, "server s2 10.0.0.2:80 track s1"),
            List.of("server s2 10.0.0.2:80 track s1"),
            "server be/s1 is named by \"server s2 10.0.0.2:80 track s1\""),
        reload(
            "another server tracks the one that leaves, by its whole name",
            List.of(S1, "server s2 10.0.0.2:80 track be/s1"),
            List.of("server s2 10.0.0.2:80 track be/s1"),
            "server be/s1 is named by \"server s2 10.0.0.2:80 track be/s1\""),
        reload(
            "a rule asks whether the one that leaves is up",
            List.of("http-request deny unless { srv_is_up(be/s1) }", S1, S2),
            List.of("http-request deny unless { srv_is_up(be/s1) }", S2),
            "server be/s1 is named by \"http-request deny unless { srv_is_up(be/s1) }\""),
        reload(
            "a server moves into a condition",
            List.of(S1, ".if defined(X)", ".endif"),
            List.of(".if defined(X)", S1, ".endif"),
            "the configuration has conditions, which HAProxy alone can judge"),
        reload(
            "a name that is none",
            List.of("server \"s1\" 10.0.0.1:80", S2),
            List.of(S2),
            "no name of a server: \"\"s1\"\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("reloads")
  void requiresReload(String name, List<String> running, List<String> wanted, String reason) {
    assertThat(between(HaproxyReplies.backend(running), HaproxyReplies.backend(wanted), V30))
        .isEqualTo(new Reload(reason));
  }

  @Test
  void consistentHashByKeyChangesAtRunTimeOnFixedVersions() {
    String key = " hash-key addr-port";
    List<String> hash = List.of("balance uri", "hash-type consistent", S1 + key);
    List<String> more = Stream.concat(hash.stream(), Stream.of(S2 + " id 9")).toList();
    assertThat(
            between(
                HaproxyReplies.backend(hash),
                HaproxyReplies.backend(more),
                HaproxyVersion.parse("3.2.12")))
        .isInstanceOf(RuntimeChange.class);
    assertThat(between(HaproxyReplies.backend(hash), HaproxyReplies.backend(more), V30))
        .isEqualTo(
            new Reload(
                "backend be: with HAProxy 3.0.11 a server that is added gets another place in a"
                    + " consistent hash than after a reload (fixed by commit 64c5d45a2 and 03e9a5a1e)"));
  }

  @ParameterizedTest
  @CsvSource({
    "3.0.11, true",
    "3.2.1, false",
    "3.2.5, true",
    "3.2.6, false",
    "3.2.18, false",
    "3.2.19, true",
    "3.3.9, false",
    "3.3.10, true",
    "3.4.0, true"
  })
  void leastconnRequiresReloadOnVersionsThatHang(String version, boolean atRunTime) {
    List<String> before = List.of("balance leastconn", S1);
    List<String> after = List.of("balance leastconn", S1, S2);
    assertThat(
            between(
                HaproxyReplies.backend(before),
                HaproxyReplies.backend(after),
                HaproxyVersion.parse(version)))
        .isInstanceOf(atRunTime ? RuntimeChange.class : Reload.class);
  }

  @Test
  void serverOfBackendWithStickTableGetsUniqueId() {
    List<String> stick = List.of("stick-table type ip size 1k", "stick on src");
    RuntimeChange decision =
        (RuntimeChange)
            between(
                HaproxyReplies.backend(stick),
                HaproxyReplies.backend(Stream.concat(stick.stream(), Stream.of(S1)).toList()),
                V30);
    assertThat(((AddServer) decision.changes().get(0)).uniqueId()).isTrue();
    RuntimeChange plain =
        (RuntimeChange)
            between(HaproxyReplies.backend(List.of()), HaproxyReplies.backend(List.of(S1)), V30);
    assertThat(((AddServer) plain.changes().get(0)).uniqueId()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backend be\n%s",
        "frontend dummy\n bind :81\nbackend be\n%s",
        "defaults other\nbackend be from base\n%s",
        "defaults web from base\nbackend be\n%s",
        "global\nbackend be\n%s\ndefaults\n"
      })
  void unknownDefaultsRequireReload(String text) {
    assertThat(between(config(text, "", ""), config(text, " " + S1 + "\n", ""), V30))
        .isEqualTo(
            new Reload(
                "backend be: its defaults stand in no section of this file, so another may have"
                    + " them"));
  }

  @Test
  void oldHaproxyRequiresReload() {
    assertThat(
            between(
                HaproxyReplies.backend(List.of(S1)),
                HaproxyReplies.backend(List.of(S1, S2)),
                HaproxyVersion.parse("2.6.12-1+deb12u3")))
        .isEqualTo(
            new Reload("HAProxy 2.6.12 does not add and remove servers safely while it runs"));
  }

  @Test
  void manyChangesRequireReload() {
    assertThat(between(HaproxyReplies.backend(List.of()), servers(250), V30))
        .isInstanceOf(RuntimeChange.class);
    assertThat(between(HaproxyReplies.backend(List.of()), servers(251), V30))
        .isEqualTo(new Reload("251 servers changed, and one reload is cheaper"));
  }

  @Test
  void backendInheritsNamedOrPrecedingDefaults() {
    String text =
        "defaults base\n mode http\n default-server maxconn 1\n"
            + "defaults web from base\n default-server check\n"
            + "defaults tcp\n mode tcp\n default-server maxconn 3\n"
            + "frontend fe\n bind :80\n"
            + "backend a from web\n%s"
            + "backend b\n%s";
    assertThat(commands(text, "", " server s1 10.0.0.1:80\n"))
        .containsExactly(
            "add server a/s1 10.0.0.1:80 check maxconn 1 weight 1",
            "enable health a/s1",
            "enable server a/s1",
            "add server b/s1 10.0.0.1:80 maxconn 3 weight 1",
            "enable server b/s1");
  }

  @Test
  void algorithmMayComeFromDefaults() {
    String text = "defaults\n mode http\n balance static-rr\nlisten a\n bind :80\n%s%s";
    assertThat(between(config(text, "", ""), config(text, " " + S1 + "\n", ""), V30))
        .isEqualTo(new Reload("backend a: balance static-rr is not dynamic"));
  }

  @Test
  void listenSectionIsABackend() {
    String text = "defaults\nlisten a\n mode tcp\n bind :80\n%s";
    assertThat(commands(text, "", "server s1 10.0.0.1:80\n"))
        .startsWith("add server a/s1 10.0.0.1:80 weight 1");
  }

  @Test
  void serversOfPeersAreNotABackend() {
    String text = "defaults\nlisten a\n mode tcp\n bind :80\npeers p\n bind :10000\n%s";
    assertThat(between(config(text, "", ""), config(text, "server x 10.0.0.1:1\n", ""), V30))
        .isEqualTo(new Reload("servers outside of backends changed"));
  }

  @Test
  void equalWordsAreNotServerReferences() {
    List<String> rules =
        List.of("use-server s10 if FALSE", "http-request deny if { srv_is_up(other/s1) }");
    List<String> running = Stream.concat(rules.stream(), Stream.of(S1, S2)).toList();
    List<String> wanted = Stream.concat(rules.stream(), Stream.of(S2)).toList();
    assertThat(between(HaproxyReplies.backend(running), HaproxyReplies.backend(wanted), V30))
        .isInstanceOf(RuntimeChange.class);
  }

  private static Stream<String> commands(String text, String before, String after) {
    UpdatePlan decision = between(config(text, before, before), config(text, after, after), V30);
    assertThat(decision).isInstanceOf(RuntimeChange.class);
    return ((RuntimeChange) decision)
        .changes().stream().flatMap(step -> step.commands().stream()).map(RuntimeCommand::line);
  }

  private static HaproxyConfig config(String text, Object first, Object second) {
    return HaproxyConfig.parse(String.format(text, first, second));
  }

  private static HaproxyConfig servers(int count) {
    return HaproxyReplies.backend(
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> "server s" + i + " 10.0." + i / 250 + "." + (1 + i % 250) + ":80")
            .toList());
  }

  private static Arguments change(
      String name, List<String> running, List<String> wanted, String... commands) {
    return Arguments.of(name, running, wanted, List.of(commands));
  }

  private static Arguments reload(
      String name, List<String> running, List<String> wanted, String reason) {
    return Arguments.of(name, running, wanted, reason);
  }

  private static UpdatePlan between(
      HaproxyConfig running, HaproxyConfig wanted, HaproxyVersion version) {
    return between(running, wanted, version, Map.of());
  }

  private static UpdatePlan between(
      HaproxyConfig running,
      HaproxyConfig wanted,
      HaproxyVersion version,
      Map<ServerName, Definition> draining) {
    try {
      return new RuntimeChange(
          UpdatePlanner.runtimeChanges(running, wanted, version, Draining.of(draining), List.of()),
          "");
    } catch (ReloadRequiredException e) {
      return new Reload(e.reason());
    }
  }

  @Test
  void drainingServerIsReinstated() {
    Definition was =
        new Definition(
            new ServerName("be", "s2"),
            ServerAddress.parse("10.0.0.2:80"),
            ServerOptions.fold(List.of("check", "weight", "3")));
    UpdatePlan decision =
        between(
            HaproxyReplies.backend(List.of(S1)),
            HaproxyReplies.backend(List.of(S1, "server s2 10.0.0.7:81 check")),
            V30,
            Map.of(was.name(), was));
    assertThat(
            ((RuntimeChange) decision)
                .changes().stream()
                    .flatMap(step -> step.commands().stream())
                    .map(RuntimeCommand::line))
        .containsExactly(
            "set server be/s2 addr 10.0.0.7 port 81",
            "set server be/s2 weight 1",
            "set server be/s2 health up",
            "set server be/s2 state ready");
    assertThat(
            between(
                HaproxyReplies.backend(List.of(S1)),
                HaproxyReplies.backend(List.of(S1, S2 + " maxconn 5")),
                V30,
                Map.of(was.name(), was)))
        .isEqualTo(new Reload("server be/s2 comes back with other options before it is gone"));
  }
}
