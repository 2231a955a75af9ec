package dev.rollcall.lb.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.containers.Container.ExecResult;

/** The .deb on a Debian with its own HAProxy, as docs/how-to/vm.md has it. */
@EnabledIfEnvironmentVariable(named = "LB_DEB_IMAGE", matches = ".+")
class DebianPackageIT {
  private static final String SETTINGS = "/etc/lb-renderer/lb-renderer.env";

  private static Vm vm;

  @BeforeAll
  static void boots() throws IOException {
    vm = Vm.of(System.getenv("LB_DEB_IMAGE"));
  }

  @AfterAll
  static void ends() {
    vm.close();
  }

  @BeforeEach
  void installs() {
    vm.join("a", 8081);
    vm.join("b", 8082);
    vm.run("dpkg -i /root/lb-renderer.deb");
  }

  @AfterEach
  void purges() {
    vm.run(
        "rm -f /etc/systemd/system/haproxy.service.d/lb-renderer.conf; systemctl daemon-reload; dpkg -P lb-renderer;"
            + " systemctl unmask haproxy; systemctl reset-failed; systemctl restart haproxy");
  }

  @Test
  void neitherStartsNorEnablesAServiceThatNobodyHasSetUp() {
    assertThat(vm.run("systemctl is-active lb-renderer || true")).isEqualTo("inactive");
    assertThat(vm.run("systemctl is-enabled lb-renderer || true")).isEqualTo("disabled");
    assertThat(vm.run("stat -c '%U:%G %a' " + SETTINGS)).isEqualTo("root:lb-renderer 640");
  }

  @Test
  void unitsAreValid() {
    use("haproxy.service.d/lb-renderer.conf");
    use("lb-renderer.service.d/child.conf");

    assertThat(vm.run("systemd-analyze verify lb-renderer.service haproxy.service 2>&1")).isEmpty();
  }

  @Test
  void steersDebiansHaproxyWithoutRoot() {
    set("LB_RENDERER_MASTER_SOCKET=/run/haproxy/master.sock");
    use("haproxy.service.d/lb-renderer.conf");
    vm.run("systemctl start lb-renderer");
    vm.eventually("test -s /var/lib/lb-renderer/haproxy.cfg");
    vm.run("systemctl restart haproxy");
    ready();

    assertThat(answers()).contains("node-a", "node-b");
    String master = vm.run("systemctl show -p MainPID --value haproxy");
    vm.leave("a");
    vm.eventually("! (for i in 1 2 3 4; do curl -sf 127.0.0.1; done) | grep node-a");
    assertThat(answers()).contains("node-b");
    assertThat(vm.run("systemctl show -p MainPID --value haproxy")).isEqualTo(master);
    for (String unit : new String[] {"haproxy", "lb-renderer"}) {
      assertThat(processOf(unit, "Uid")).as(unit).doesNotContain("\t0");
      assertThat(processOf(unit, "NoNewPrivs")).as(unit).endsWith("1");
    }
    assertThat(processOf("lb-renderer", "CapEff")).endsWith("0000000000000000");
    assertThat(vm.run("stat -c '%U:%G %a' /run/haproxy/master.sock"))
        .isEqualTo("haproxy:lb-renderer 660");
  }

  @Test
  void rendersAMapBesideTheConfigurationAndChangesItWithoutAReload() {
    vm.run(
        """
        cat > /srv/site.mustache <<'END'
        defaults
          mode http
          timeout client 5s
          timeout server 5s
          timeout connect 1s
        frontend site
          bind 127.0.0.1:80
          http-request return status 200 content-type text/plain lf-string %[str(port),map(/var/lib/lb-renderer/ports.map)]
        END
        echo '{{#services.web}}{{#-first}}port {{port}}{{/-first}}{{/services.web}}' > /srv/ports.mustache
        """);
    set(
        "LB_RENDERER_TEMPLATE=/srv/site.mustache,/srv/ports.mustache:/var/lib/lb-renderer/ports.map");
    set("LB_RENDERER_HAPROXY=/usr/sbin/haproxy");
    set("LB_RENDERER_LOG_FORMAT=json");
    assertThat(command("check")).startsWith("HAProxy takes it: 8 lines, services [web]");
    assertThat(command("render")).contains("==> /var/lib/lb-renderer/ports.map <==\nport 8081");
    vm.run("test ! -e /var/lib/lb-renderer/ports.map");
    assertThat(vm.exec("lb-renderer status").getExitCode()).as("nobody answers yet").isEqualTo(9);

    use("lb-renderer.service.d/child.conf");
    vm.run("systemctl stop haproxy; systemctl mask haproxy; systemctl start lb-renderer");
    ready();
    assertThat(vm.run("curl -sf 127.0.0.1")).isEqualTo("8081");
    vm.leave("a");
    vm.eventually("test $(curl -sf 127.0.0.1) = 8082");
    assertThat(vm.run("lb-renderer status"))
        .contains(
            "ready", "reloads 0", "last apply  changed: changed: [/var/lib/lb-renderer/ports.map]");

    vm.run("echo nonsense >> /srv/site.mustache; systemctl reload lb-renderer");
    vm.eventually("lb-renderer status | grep -q 'last apply  rejected'");
    assertThat(vm.exec("lb-renderer status").getExitCode()).as("not ready").isEqualTo(8);
    assertThat(vm.run("curl -sf 127.0.0.1")).isEqualTo("8082");
    assertThat(vm.exec(asService("check")).getStderr())
        .contains("HAProxy refuses the configuration", "haproxy.cfg:9");
    assertThat(
            vm.run(
                "journalctl -o cat _COMM=java _SYSTEMD_INVOCATION_ID=$(systemctl show -p InvocationID --value lb-renderer)"))
        .contains("SIGHUP")
        .satisfies(log -> assertThat(log.lines()).allMatch(line -> line.startsWith("{")));
  }

  @Test
  void killedAsAParentItLeavesHaproxyServingAndTakesItOverAgain() {
    set("LB_RENDERER_HAPROXY=/usr/sbin/haproxy");
    use("lb-renderer.service.d/child.conf");
    vm.run("systemctl stop haproxy; systemctl mask haproxy; systemctl start lb-renderer");
    ready();
    assertThat(answers()).contains("node-a", "node-b");
    String before = vm.run("pgrep -o -f '^/usr/sbin/haproxy -W'");

    vm.run("systemctl kill -s KILL --kill-whom=main lb-renderer");
    vm.eventually(
        "test $(systemctl show -p NRestarts --value lb-renderer) -ge 1; curl -sf 127.0.0.1");
    ready();

    assertThat(vm.run("pgrep -o -f '^/usr/sbin/haproxy -W'")).isEqualTo(before);
    vm.leave("b");
    vm.eventually("! (for i in 1 2 3 4; do curl -sf 127.0.0.1; done) | grep node-b");
    vm.run("systemctl stop lb-renderer");
    assertThat(vm.run("pgrep -f '^/usr/sbin/haproxy -W' || true")).isEmpty();
    assertThat(vm.run("systemctl is-failed lb-renderer || true")).isEqualTo("inactive");
  }

  @Test
  void aWrongSettingIsOneLineAndNoLoop() {
    set("LB_RENDERER_LISTEN=nowhere");
    vm.run("systemctl start lb-renderer || true");
    vm.eventually("systemctl is-failed lb-renderer");

    assertThat(vm.run("systemctl show -p ExecMainStatus -p NRestarts lb-renderer"))
        .contains("ExecMainStatus=2", "NRestarts=0");
    assertThat(vm.journal("lb-renderer")).contains("lb-renderer: --listen");
  }

  @Test
  void withoutAFittingJavaItSaysSoInOneLine() {
    ExecResult none =
        vm.exec(
            "mv /usr/lib/jvm /usr/lib/away; code=0; JAVA_HOME=/nowhere lb-renderer --version || code=$?;"
                + " mv /usr/lib/away /usr/lib/jvm; exit $code");

    assertThat(none.getExitCode()).isEqualTo(127);
    assertThat(none.getStderr().lines().toList())
        .singleElement()
        .asString()
        .startsWith("lb-renderer: no Java from version 17 on");
    assertThat(vm.run("JAVA_HOME=/nowhere lb-renderer --version")).startsWith("lb-renderer ");
  }

  @Test
  void manualAndCompletionKnowTheOptions() {
    assertThat(vm.run("man -E UTF-8 lb-renderer 2>&1 | col -b"))
        .contains("--master-socket SOCKET", "EXIT STATUS");
    assertThat(vm.run("man --warnings -E UTF-8 lb-renderer 2>&1 >/dev/null"))
        .doesNotContain("warning");
    assertThat(
            vm.run(
                "set +eu; . /usr/share/bash-completion/bash_completion; _completion_loader lb-renderer;"
                    + " COMP_WORDS=(lb-renderer run --mas); COMP_CWORD=2; _complete_lb-renderer 2>/dev/null; echo ${COMPREPLY[@]}"))
        .isEqualTo("--master-socket");
  }

  @Test
  void purgeKeepsTheFileThatHaproxyRunsFromAndElseNothing() {
    use("haproxy.service.d/lb-renderer.conf");
    vm.run("echo x > /var/lib/lb-renderer/haproxy.cfg; systemctl enable lb-renderer");

    assertThat(vm.exec("dpkg -P lb-renderer").getStderr()).contains("keeping /var/lib/lb-renderer");
    vm.run("test -s /var/lib/lb-renderer/haproxy.cfg; getent group lb-renderer");
    vm.run(
        "rm -r /etc/systemd/system/haproxy.service.d; dpkg -i /root/lb-renderer.deb; dpkg -P lb-renderer");
    assertThat(
            vm.run(
                "find /etc /usr /var/lib /run -name '*lb-renderer*' -not -path '/etc/.git*' | sort;"
                    + " getent passwd lb-renderer || true"))
        .isEmpty();
  }

  @Test
  void lintianHasNothingToSay() {
    assumeThat(vm.exec("command -v lintian").getExitCode()).as("lintian is there").isZero();
    ExecResult judged = vm.exec("lintian --allow-root --fail-on warning /root/lb-renderer.deb");

    assertThat(judged.getStdout()).doesNotContain("E: ", "W: ");
    assertThat(judged.getExitCode()).as(judged.getStdout()).isZero();
  }

  private static void use(String dropIn) {
    String directory = dropIn.substring(0, dropIn.indexOf('/'));
    vm.run(
        "install -D -m 644 -t /etc/systemd/system/%s /usr/share/lb-renderer/%s; systemctl daemon-reload"
            .formatted(directory, dropIn));
  }

  private static void set(String line) {
    vm.run("echo '" + line + "' >> " + SETTINGS);
  }

  /** What a command of the program prints with the service's settings. */
  private static String command(String name) {
    return vm.run(asService(name));
  }

  private static String asService(String name) {
    return "runuser -u lb-renderer -- sh -ac '. " + SETTINGS + "; exec lb-renderer " + name + "'";
  }

  private static void ready() {
    vm.eventually("curl -sf 127.0.0.1:8404/readyz");
  }

  private static String answers() {
    return vm.run("for i in 1 2 3 4; do curl -sf 127.0.0.1; done");
  }

  private static String processOf(String unit, String field) {
    return vm.run(
        "grep ^%s: /proc/$(systemctl show -p MainPID --value %s)/status".formatted(field, unit));
  }
}
