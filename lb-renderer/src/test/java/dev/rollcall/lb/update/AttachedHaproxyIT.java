package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.AttachedHaproxy;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** An HAProxy that somebody else runs, through its master socket alone. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.rollcall.lb.TestImages#haproxies")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class AttachedHaproxyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String image;
  private final AtomicInteger restarts = new AtomicInteger();

  @TempDir private Path directory;
  private Path target;
  private HaproxyContainer container;
  private AttachedHaproxy haproxy;
  private ConfigApplier applier;

  AttachedHaproxyIT(String image) {
    this.image = image;
  }

  @BeforeEach
  void start() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    target = Files.writeString(directory.resolve("haproxy.cfg"), SiteConfigs.generation(0));
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
    container = new HaproxyContainer(image, directory);
    container.start();
    await().atMost(PATIENCE).until(() -> Files.exists(directory.resolve("master.sock")));
    haproxy = AttachedHaproxy.attach(directory.resolve("master.sock"));
    haproxy.onRestart(restarts::incrementAndGet);
    applier = new ConfigApplier(new ConfigFile(target), haproxy);
  }

  @AfterEach
  void stop() {
    haproxy.close();
    container.stop();
  }

  @Test
  void goodConfigurationTakesEffect() throws Exception {
    assertThat(served()).isEqualTo("0");

    assertThat(applier.apply(SiteConfigs.generation(1))).isInstanceOf(ApplyResult.Reloaded.class);

    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.status().reloads()).isEqualTo(1);
    assertThat(applier.apply(SiteConfigs.generation(1))).isEqualTo(new ApplyResult.NoChange());
    assertThat(haproxy.status().reloads()).isEqualTo(1);
  }

  @Test
  void badConfigurationIsRejectedAndTheOldOneServes() throws Exception {
    applier.apply(SiteConfigs.generation(1));

    ApplyResult applied = applier.apply(SiteConfigs.with(2, "bogus keyword"));

    assertThat(applied).isInstanceOf(ApplyResult.Rejected.class);
    ApplyResult.Rejected rejected = (ApplyResult.Rejected) applied;
    assertThat(rejected.message())
        .contains(tellsReloadResult() ? "unknown keyword 'bogus'" : "refused the configuration");
    assertThat(rejected.candidate()).content().contains("bogus keyword");
    assertThat(target).hasContent(SiteConfigs.generation(1));
    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.status().running()).isTrue();
    assertThat(applier.apply(SiteConfigs.generation(3))).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(served()).isEqualTo("3");
  }

  @Test
  void addressThatCannotBeBoundIsRejected() throws Exception {
    applier.apply(SiteConfigs.generation(1));

    ApplyResult applied = applier.apply(SiteConfigs.with(2, "bind 192.0.2.1:8081"));

    assertThat(applied).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(target).hasContent(SiteConfigs.generation(1));
    assertThat(served()).isEqualTo("1");
    assertThat(applier.apply(SiteConfigs.generation(3))).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(served()).isEqualTo("3");
  }

  @Test
  void fileWithoutListenerNeverReachesHaproxy() throws Exception {
    applier.apply(SiteConfigs.generation(1));

    ApplyResult applied =
        applier.apply(SiteConfigs.generation(2).replace("bind :8080", "# bind :8080"));

    assertThat(applied).isInstanceOf(ApplyResult.Rejected.class);
    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.reload()).isNotNull();
    assertThat(haproxy.status().reloads()).isEqualTo(2);
    assertThat(target).hasContent(SiteConfigs.generation(1));
  }

  @Test
  void missingFinalNewlineIsAdded() throws Exception {
    assertThat(applier.apply(SiteConfigs.generation(1).stripTrailing()))
        .isInstanceOf(ApplyResult.Reloaded.class);

    assertThat(served()).isEqualTo("1");
  }

  @Test
  void burstIsAppliedOneAtATimeAndTheLastWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<ApplyResult>> burst =
          IntStream.rangeClosed(1, 20)
              .mapToObj(
                  number -> threads.submit(() -> applier.apply(SiteConfigs.generation(number))))
              .toList();
      for (Future<ApplyResult> applied : burst) {
        assertThat(applied.get()).isInstanceOf(ApplyResult.Reloaded.class);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(haproxy.status().reloads()).isEqualTo(20);
    assertThat(target).hasContent(SiteConfigs.generation(Integer.parseInt(served())));

    assertThat(applier.apply(SiteConfigs.generation(21))).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(served()).isEqualTo("21");
  }

  @Test
  void restartedHaproxyHasTheLastConfigurationAndTakesTheNext() throws Exception {
    applier.apply(SiteConfigs.generation(1));

    container.halt();
    container.resume();

    await().atMost(PATIENCE).until(() -> restarts.get() > 0);
    assertThat(applier.reconcile()).isEqualTo(new ApplyResult.NoChange());
    await().atMost(PATIENCE).ignoreExceptions().until(() -> served().equals("1"));
    assertThat(applier.apply(SiteConfigs.generation(2))).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(served()).isEqualTo("2");
  }

  @Test
  void changeWhileHaproxyWasAbsentIsMadeWhenItComesBack() throws Exception {
    applier.apply(SiteConfigs.generation(1));
    container.halt();
    await().atMost(PATIENCE).until(() -> !haproxy.status().running());
    int before = restarts.get();

    assertThat(applier.apply(SiteConfigs.generation(2)))
        .isInstanceOf(ApplyResult.HaproxyAbsent.class);

    assertThat(target).as("nobody has judged the change").hasContent(SiteConfigs.generation(1));
    container.resume();
    await().atMost(PATIENCE).until(() -> restarts.get() > before);
    assertThat(applier.reconcile()).isInstanceOf(ApplyResult.Reloaded.class);
    assertThat(served()).isEqualTo("2");
    assertThat(target).hasContent(SiteConfigs.generation(2));
  }

  @Test
  void keepAliveClientLosesNoRequestOverTenReloads() throws Exception {
    KeepAliveClient clients = new KeepAliveClient(container.site(), 8);
    try {
      for (int number = 1; number <= 10; number++) {
        assertThat(applier.apply(SiteConfigs.generation(number)))
            .isInstanceOf(ApplyResult.Reloaded.class);
        long answered = clients.answered();
        await().atMost(PATIENCE).until(() -> clients.answered() > answered + 200);
      }
    } finally {
      clients.end();
    }

    assertThat(clients.lost()).isEmpty();
    assertThat(clients.answered()).isGreaterThan(2000);
    assertThat(served()).isEqualTo("10");
  }

  private boolean tellsReloadResult() {
    String version = haproxy.status().version();
    return version != null && !version.startsWith("2.6");
  }

  private String served() throws IOException, InterruptedException {
    URI site = container.site();
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(site).timeout(Duration.ofSeconds(5)).build(),
            HttpResponse.BodyHandlers.discarding())
        .headers()
        .firstValue(SiteConfigs.HEADER)
        .orElse("none");
  }
}
