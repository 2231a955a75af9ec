package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** An HAProxy that is run as a child. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.rollcall.lb.TestImages#haproxiesWithJava")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ChildHaproxyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String image;
  private ChildHaproxyContainer container;

  ChildHaproxyIT(String image) {
    this.image = image;
  }

  @BeforeEach
  void start() {
    container = new ChildHaproxyContainer(image, ChildHaproxyContainer.TARGET);
    container.start();
  }

  @AfterEach
  void stop() {
    container.stop();
  }

  @Test
  void firstConfigurationStartsHaproxyAndTheNextReloadsIt() throws Exception {
    assertThat(container.status()).contains("running=false");

    assertThat(container.apply(SiteConfigs.generation(1)))
        .contains("Reloaded")
        .contains("first configuration");
    assertThat(container.served()).isEqualTo("1");
    String master = master();

    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
    assertThat(master()).isEqualTo(master);
    assertThat(container.status()).contains("mode=CHILD", "running=true", "reloads=1");
  }

  @Test
  void serversComeAndGoWithoutReload() throws Exception {
    String one = SiteConfigs.generation(1) + "backend be\n    server a 127.0.0.1:8080\n";
    String two = one + "    server b 127.0.0.2:8080 check\n";
    container.apply(one);

    assertThat(container.apply(two)).contains("Changed", "1 server added in backend be");
    assertThat(container.run("cat " + ChildHaproxyContainer.TARGET)).isEqualTo(two.strip());
    assertThat(container.apply(one)).contains("Changed", "1 server removed in backend be");

    assertThat(container.status()).contains("running=true", "reloads=0");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                container.tend().equals("false")
                    && container
                        .run("cat " + ChildHaproxyContainer.TARGET + ".good")
                        .equals(one.strip()));
  }

  @Test
  void badFirstConfigurationIsRejectedAndAGoodOneStartsHaproxy() throws Exception {
    assertThat(container.apply(SiteConfigs.with(1, "bogus keyword")))
        .contains("Rejected", "unknown keyword 'bogus'");
    assertThat(container.run("ls " + ChildHaproxyContainer.TARGET + "*"))
        .isEqualTo(ChildHaproxyContainer.TARGET + ".rejected");

    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
  }

  @Test
  void firstConfigurationThatDoesNotStartIsRejectedWithItsMessage() throws Exception {
    assertThat(container.apply(SiteConfigs.with(1, "bind 192.0.2.1:8081")))
        .contains("Rejected", "cannot bind", "192.0.2.1:8081");

    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
  }

  @Test
  void badConfigurationIsRejectedByTheCheckAndTheOldOneServes() throws Exception {
    container.apply(SiteConfigs.generation(1));

    assertThat(container.apply(SiteConfigs.with(2, "bogus keyword")))
        .contains("Rejected", "unknown keyword 'bogus'");

    assertThat(container.served()).isEqualTo("1");
    assertThat(container.status()).contains("reloads=0");
    assertThat(container.run("cat " + ChildHaproxyContainer.TARGET))
        .isEqualTo(SiteConfigs.generation(1).strip());
  }

  @Test
  void configurationThatTheReloadRefusesIsRolledBack() throws Exception {
    container.apply(SiteConfigs.generation(1));

    assertThat(container.apply(SiteConfigs.with(2, "bind 192.0.2.1:8081")))
        .contains("Rejected", "cannot bind");

    assertThat(container.served()).isEqualTo("1");
    assertThat(container.apply(SiteConfigs.generation(3))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("3");
  }

  /** HAProxy 3.0's master ends itself at such a reload; the check passes it. */
  @Test
  void configurationThatHaproxyDoesNotSurviveIsRolledBack() throws Exception {
    container.apply(SiteConfigs.generation(1));

    assertThat(
            container.apply(
                SiteConfigs.generation(2).replace("global\n", "global\n    chroot /nowhere\n")))
        .contains("Rejected");

    await().atMost(PATIENCE).until(() -> container.served().equals("1"));
    assertThat(container.apply(SiteConfigs.generation(3))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("3");
  }

  @Test
  void isRestartedWhenItDies() throws Exception {
    container.apply(SiteConfigs.generation(1));
    String master = master();

    container.run("kill -9 " + master);

    await().atMost(PATIENCE).until(() -> container.served().equals("1"));
    assertThat(master()).isNotEqualTo(master);
    await().atMost(PATIENCE).until(() -> container.status().contains("running=true"));
    assertThat(container.level()).contains("NoChange");
    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
  }

  @Test
  void isAdoptedByTheNextRunWhenItsParentWasKilled() throws Exception {
    container.apply(SiteConfigs.generation(1));
    String master = master();

    container.run("kill -9 " + java());
    assertThat(container.served()).isEqualTo("1");
    await().atMost(PATIENCE).ignoreExceptions().until(() -> container.status().contains("CHILD"));

    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
    assertThat(master()).isEqualTo(master);
    await().atMost(PATIENCE).until(() -> container.processes("haproxy").size() == 2);
  }

  @Test
  void isStoppedBeforeAnotherOneStartsWhenItsSocketIsLost() throws Exception {
    container.apply(SiteConfigs.generation(1));
    String master = master();
    container.run("rm /tmp/run*/lb-renderer-*/master.sock");

    container.run("kill -9 " + java());
    await().atMost(PATIENCE).ignoreExceptions().until(() -> container.status().contains("CHILD"));

    assertThat(container.apply(SiteConfigs.generation(2))).contains("Reloaded");
    assertThat(container.served()).isEqualTo("2");
    assertThat(container.processes("haproxy")).doesNotContain(master).hasSize(2);
  }

  @Test
  void badMapFileStopsNoServerAndIsReported() throws Exception {
    container.run("echo a b > /tmp/site.map");
    String one =
        SiteConfigs.with(1, "http-request set-header x-map %[path,map(/tmp/site.map)]")
            + "backend be\n    server a 127.0.0.1:8080\n";
    String two = one + "    server b 127.0.0.2:8080\n";
    assertThat(container.apply(one)).contains("Reloaded");
    container.run("rm /tmp/site.map");

    assertThat(container.apply(two)).contains("Changed", "1 server added in backend be");
    assertThat(container.apply(one)).contains("Changed", "1 server removed in backend be");

    assertThat(container.status()).contains("reloads=0").contains("/tmp/site.map");
    assertThat(container.run("cat " + ChildHaproxyContainer.TARGET)).isEqualTo(one.strip());
    assertThat(container.apply(one.replace("GET", "HEAD") + "backend other\n"))
        .contains("Rejected", "HAProxy cannot reload now");
    assertThat(container.served()).isEqualTo("1");
    container.run("echo a b > /tmp/site.map");
    assertThat(container.apply(one + "backend other\n")).contains("Reloaded");
    assertThat(container.status()).doesNotContain("/tmp/site.map");
  }

  @Test
  void doesNotShareThePortOfAnotherProcess() throws Exception {
    String other = "/tmp/other.cfg";
    container.run("printf '%s' '" + SiteConfigs.generation(7) + "' > " + other);
    container.run("haproxy -D -f " + other);
    await().atMost(PATIENCE).until(() -> container.served().equals("7"));

    assertThat(container.apply(SiteConfigs.generation(1))).contains("another process listens at");
    assertThat(container.served()).isEqualTo("7");
  }

  @Test
  void stopsWithItsParentAfterTheRequestInFlight() throws Exception {
    container.apply(
        SiteConfigs.generation(1)
            .replace(
                "http-request return",
                """
                tcp-request inspect-delay 3s
                    tcp-request content accept if WAIT_END
                    http-request return"""));
    try (Socket client =
        new Socket(container.getHost(), container.getMappedPort(SiteConfigs.PORT))) {
      client
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: site\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      client.getOutputStream().flush();
      await().atMost(PATIENCE).until(() -> container.run("cat /proc/net/tcp").contains(":1F90 "));

      container.run("kill " + java());

      byte[] answer = client.getInputStream().readNBytes(15);
      assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200 OK");
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(container.getLogs()).doesNotContain("terminating it"));
    await().atMost(PATIENCE).until(() -> container.processes("haproxy").isEmpty());
  }

  @Test
  void doesNotInheritEnvironmentOfItsParent() throws Exception {
    container.apply(SiteConfigs.generation(1));

    assertThat(container.run("tr '\\0' '\\n' < /proc/" + master() + "/environ"))
        .doesNotContain("SECRET");
  }

  @Test
  void hasItsOwnProcessGroup() throws Exception {
    container.apply(SiteConfigs.generation(1));

    String group = container.run("cut -d ' ' -f 5 /proc/" + master() + "/stat");

    assertThat(group).isEqualTo(master());
  }

  /** The oldest: the master. */
  private String master() throws Exception {
    return container.processes("haproxy").get(0);
  }

  private String java() throws Exception {
    return container.processes("java").get(0);
  }
}
