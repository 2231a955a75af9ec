package dev.rollcall.system;

import static dev.rollcall.system.Command.docker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The launcher's .deb on a Debian with systemd and a Consul agent, as docs/how-to/vm.md has it. The
 * program that it runs is a HAProxy that answers for itself.
 */
@EnabledIfEnvironmentVariable(named = "LB_DEB_IMAGE", matches = ".+")
class LauncherPackageIT {
  private static final String SHOP =
      """
      defaults
        mode http
        timeout client 10s
        timeout server 10s
        timeout connect 1s
      frontend shop
        bind :%s
        http-request return status 200 content-type text/plain string shop
      """;

  /** It follows Consul's DNS and tries nothing twice, so that it hides no loss. */
  private static final Path SITE =
      Stack.ROOT.resolve("web-node/src/test/resources/site-by-dns.cfg");

  private static String vm = "";

  @BeforeAll
  static void boot() throws IOException {
    vm =
        docker(
            "run",
            "-d",
            "--network=none",
            "--hostname=vm",
            "--cap-add=SYS_ADMIN",
            "--security-opt=seccomp=unconfined",
            "--security-opt=apparmor=unconfined",
            "--cgroupns=private",
            "--tmpfs=/run",
            "--tmpfs=/run/lock",
            "--tmpfs=/tmp",
            "--label=dev.rollcall.test=" + ProcessHandle.current().pid(),
            System.getenv("LB_DEB_IMAGE"));
    Path target = Stack.ROOT.resolve("web-node/launcher/target");
    try (var found = Files.newDirectoryStream(target, "launcher_*_all.deb")) {
      docker("cp", found.iterator().next().toString(), vm + ":/root/launcher.deb");
    }
    eventually("systemctl is-system-running | grep -Eq 'running|degraded'");
  }

  @AfterAll
  static void end() {
    docker("rm", "-f", "-v", vm);
  }

  @BeforeEach
  void install() {
    startConsul();
    run("dpkg -i /root/launcher.deb");
    write("/etc/launcher/shop.cfg", SHOP.formatted("8081"));
    write(
        "/etc/launcher/shop.env",
        "LAUNCH=\"--name shop --port 8081 --check http:/health --stop-signal USR1 -- haproxy -db -f"
            + " /etc/launcher/shop.cfg\"\n");
  }

  @AfterEach
  void purge() {
    run(
        "dpkg -P launcher; rm -rf /etc/launcher; systemctl stop consul-dev; systemctl reset-failed");
  }

  @Test
  void runsWhatTheSettingsOfAnInstanceSay() {
    assertThat(run("systemd-analyze verify launcher@shop.service 2>&1")).isEmpty();

    run("systemctl start launcher@shop");
    inConsul("shop-vm-8081");
    assertThat(run("curl -sf 127.0.0.1:8081")).isEqualTo("shop");
    assertThat(run("cat /proc/$(systemctl show -p MainPID --value launcher@shop)/status"))
        .doesNotContainPattern("Uid:.*\t0")
        .contains("CapEff:\t0000000000000000", "NoNewPrivs:\t1");
  }

  @Test
  void aStopUnderLoadLosesNoRequest() throws IOException {
    run(
        "sed 's/8081/8082/' /etc/launcher/shop.cfg > /etc/launcher/other.cfg;"
            + " sed 's/8081/8082/; s/shop.cfg/other.cfg/' /etc/launcher/shop.env > /etc/launcher/other.env");
    run("systemctl start launcher@shop launcher@other");
    inConsul("shop-vm-8081");
    inConsul("shop-vm-8082");
    write("/root/site.cfg", Files.readString(SITE).replace("SERVICE", "shop"));
    run("systemd-run -q --unit=site haproxy -db -f /root/site.cfg");
    eventually("curl -sf 127.0.0.1");
    run(
        "systemd-run -q --unit=load sh -c \"exec curl -sS --rate 100/s -o /dev/null"
            + " -w '%{http_code}\\n' 'http://127.0.0.1/?[1-100000]' > /run/codes 2>&1\"");
    eventually("test $(wc -l < /run/codes) -ge 50");

    run("systemctl stop --no-block launcher@shop");
    eventually("! curl -sf 127.0.0.1:8500/v1/catalog/service/shop | grep shop-vm-8081");
    assertThat(run("curl -sf 127.0.0.1:8081")).as("serves on").isEqualTo("shop");
    eventually("systemctl show -p ActiveState --value launcher@shop | grep -x inactive");
    assertThat(run("systemctl show -p Result -p ExecMainStatus launcher@shop"))
        .contains("Result=success", "ExecMainStatus=0");
    run("systemctl stop load site launcher@other");

    assertThat(run("sort /run/codes | uniq -c"))
        .as("answers by their status")
        .matches("[0-9]+ 200");
  }

  @Test
  void aProgramThatDiesIsStartedAgainUnderItsName() {
    run("systemctl start launcher@shop");
    inConsul("shop-vm-8081");

    run("pkill -KILL -u launcher haproxy");
    eventually("test $(systemctl show -p NRestarts --value launcher@shop) -ge 1");
    inConsul("shop-vm-8081");
    assertThat(run("curl -sf 127.0.0.1:8081")).isEqualTo("shop");
  }

  @Test
  void aWrongOptionIsOneLineAndNoLoop() {
    run(
        "sed -i 's/--port 8081/--port http/' /etc/launcher/shop.env;"
            + " systemctl start launcher@shop || true");
    eventually("systemctl is-failed launcher@shop");

    assertThat(run("systemctl show -p ExecMainStatus -p NRestarts launcher@shop"))
        .contains("ExecMainStatus=2", "NRestarts=0");
    assertThat(run("journalctl --no-pager -o cat -u launcher@shop"))
        .contains("launcher: Invalid value for option '--port'");
  }

  @Test
  void purgeStopsAllAndLeavesNothingOfItsOwn() {
    run("systemctl enable --now launcher@shop");
    inConsul("shop-vm-8081");
    run("dpkg -P launcher");

    assertThat(
            run(
                "find /etc /usr /var/lib /run -name '*launcher*' -not -path '/etc/launcher'"
                    + " | sort; getent passwd launcher || true"))
        .isEmpty();
    assertThat(run("ls /etc/launcher")).isEqualTo("shop.cfg\nshop.env");
    assertThat(run("curl -sf 127.0.0.1:8500/v1/catalog/service/shop")).isEqualTo("[]");
  }

  @Test
  void lintianHasNothingToSay() {
    assumeThat(exec("command -v lintian").exit()).as("lintian is there").isZero();
    Command.Finished judged = exec("lintian --allow-root --fail-on warning /root/launcher.deb");

    assertThat(judged.out()).doesNotContain("E: ", "W: ");
    assertThat(judged.exit()).as(judged.out()).isZero();
  }

  private static void startConsul() {
    run(
        "systemctl -q is-active consul-dev"
            + " || systemd-run -q --collect --unit=consul-dev consul agent -dev -log-level=err");
    eventually("curl -sf 127.0.0.1:8500/v1/status/leader | grep -q :");
  }

  private static void inConsul(String id) {
    eventually("curl -sf '127.0.0.1:8500/v1/health/service/shop?passing' | grep -q " + id);
  }

  private static void write(String file, String text) {
    run("cat > " + file + " <<'END'\n" + text + "END");
  }

  private static String run(String script) {
    return exec(script).orFail().out().strip();
  }

  private static Command.Finished exec(String script) {
    return Command.of("docker", "exec", vm, "bash", "-euc", script).run();
  }

  private static void eventually(String script) {
    await(script)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(() -> run(script));
  }
}
