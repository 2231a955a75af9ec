package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.rollcall.test.Pages;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.containers.Container.ExecResult;

/** The .deb on a Debian with a Consul agent, as docs/how-to/vm.md has it. */
@EnabledIfEnvironmentVariable(named = "LB_DEB_IMAGE", matches = ".+")
class WebNodePackageIT {
  private static final String SETTINGS = "/etc/web-node/web-node.env";

  /** HAProxy that follows Consul's DNS and tries nothing twice, so that it hides no loss. */
  private static final Path HAPROXY = Path.of("src/test/resources/site-by-dns.cfg");

  private static Vm vm;

  @BeforeAll
  static void boots() throws IOException {
    vm = new Vm(System.getenv("LB_DEB_IMAGE"));
  }

  @AfterAll
  static void ends() {
    vm.close();
  }

  @BeforeEach
  void installs() {
    startConsul();
    vm.run("dpkg -i /root/web-node.deb; echo DRAIN_QUIET=100ms >> " + SETTINGS);
  }

  @AfterEach
  void purges() {
    vm.run("dpkg -P web-node; systemctl stop consul-dev; systemctl reset-failed");
  }

  @Test
  void startsWhenToldTo() {
    assertThat(vm.run("systemctl is-active web-node || true")).isEqualTo("inactive");
    assertThat(vm.run("systemctl is-enabled web-node || true")).isEqualTo("disabled");
    assertThat(vm.run("systemd-analyze verify web-node.service 2>&1")).isEmpty();

    vm.run("systemctl start web-node");
    inConsul("web-vm-8080");
    assertThat(vm.run("curl -sf 127.0.0.1:8080")).isEqualTo("vm");
    assertThat(vm.run("cat /proc/$(systemctl show -p MainPID --value web-node)/status"))
        .doesNotContainPattern("Uid:.*\t0")
        .contains("CapEff:\t0000000000000000", "NoNewPrivs:\t1");
  }

  @Test
  void aStopUnderLoadLosesNoRequest() {
    vm.run("sed -i /^DRAIN_QUIET/d %s; systemctl start web-node".formatted(SETTINGS));
    vm.run(
        "systemd-run -q --unit=other -p User=web-node -E PORT=8081 -p WorkingDirectory=/ web-node");
    inConsul("web-vm-8080");
    inConsul("web-vm-8081");
    vm.run(
        "cat > /root/site.cfg <<'END'\n" + Pages.read(HAPROXY).replace("SERVICE", "web") + "END");
    vm.run("systemd-run -q --unit=site haproxy -db -f /root/site.cfg");
    vm.eventually("curl -sf 127.0.0.1");
    vm.run(
        "systemd-run -q --unit=load sh -c \"exec curl -sS --rate 100/s -o /dev/null"
            + " -w '%{http_code}\\n' 'http://127.0.0.1/?[1-100000]' > /run/codes 2>&1\"");
    vm.eventually("test $(wc -l < /run/codes) -ge 50");

    vm.run("systemctl stop --no-block web-node");
    vm.eventually("! curl -sf 127.0.0.1:8500/v1/catalog/service/web | grep web-vm-8080");
    assertThat(vm.run("curl -sf 127.0.0.1:8080")).as("serves on").isEqualTo("vm");
    vm.eventually("systemctl show -p ActiveState --value web-node | grep -x inactive");
    assertThat(vm.run("systemctl show -p Result -p ExecMainStatus web-node"))
        .contains("Result=success", "ExecMainStatus=0");
    vm.run("systemctl stop load site other");

    assertThat(vm.run("sort /run/codes | uniq -c"))
        .as("answers by their status")
        .matches("[0-9]+ 200");
  }

  @Test
  void killedItComesBackUnderItsName() {
    vm.run("systemctl start web-node");
    inConsul("web-vm-8080");

    vm.run("systemctl kill -s KILL web-node");
    vm.eventually("test $(systemctl show -p NRestarts --value web-node) -ge 1");
    vm.eventually("curl -sf 127.0.0.1:8080");
    inConsul("web-vm-8080");
  }

  @Test
  void servesBeforeConsulIsThereAndJoinsEachConsulThatForgotIt() {
    vm.run("systemctl stop consul-dev; systemctl start web-node");
    vm.eventually("curl -sf 127.0.0.1:8080");
    for (int times = 1; times <= 2; times++) {
      startConsul();
      inConsul("web-vm-8080");
      vm.run("systemctl stop consul-dev");
    }
    startConsul();
    assertThat(vm.run("systemctl show -p NRestarts --value web-node")).isEqualTo("0");
  }

  @Test
  void anUpgradeLeavesItRunningAndSaysSo() {
    vm.run("systemctl start web-node");
    String before = vm.run("systemctl show -p MainPID --value web-node");

    assertThat(vm.exec("dpkg -i /root/web-node.deb").getStderr())
        .contains("still runs; systemctl restart web-node takes the new one");
    assertThat(vm.run("systemctl show -p MainPID --value web-node")).isEqualTo(before);
  }

  @Test
  void aWrongSettingIsOneLineAndNoLoop() {
    vm.run("echo PORT=eighty >> %s; systemctl start web-node || true".formatted(SETTINGS));
    vm.eventually("systemctl is-failed web-node");

    assertThat(vm.run("systemctl show -p ExecMainStatus -p NRestarts web-node"))
        .contains("ExecMainStatus=2", "NRestarts=0");
    assertThat(vm.run("journalctl --no-pager -o cat -u web-node"))
        .contains("web-node: PORT is \"eighty\"");
  }

  @Test
  void purgeLeavesNothing() {
    vm.run("systemctl enable --now web-node");
    inConsul("web-vm-8080");
    vm.run("dpkg -P web-node");

    assertThat(
            vm.run(
                "find /etc /usr /var/lib /run -name '*web-node*' -not -path '/etc/.git*' | sort;"
                    + " getent passwd web-node || true"))
        .isEmpty();
    assertThat(vm.run("curl -sf 127.0.0.1:8500/v1/catalog/service/web")).isEqualTo("[]");
  }

  @Test
  void lintianHasNothingToSay() {
    assumeThat(vm.exec("command -v lintian").getExitCode()).as("lintian is there").isZero();
    ExecResult judged = vm.exec("lintian --allow-root --fail-on warning /root/web-node.deb");

    assertThat(judged.getStdout()).doesNotContain("E: ", "W: ");
    assertThat(judged.getExitCode()).as(judged.getStdout()).isZero();
  }

  private static void startConsul() {
    vm.run(
        "systemctl -q is-active consul-dev"
            + " || systemd-run -q --collect --unit=consul-dev consul agent -dev -log-level=err");
    vm.eventually("curl -sf 127.0.0.1:8500/v1/status/leader | grep -q :");
  }

  private static void inConsul(String id) {
    vm.eventually("curl -sf '127.0.0.1:8500/v1/health/service/web?passing' | grep -q " + id);
  }
}
