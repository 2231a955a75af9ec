package dev.rollcall.lb.apply;

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
@MethodSource("dev.rollcall.lb.apply.Images#haproxies")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class AttachedHaproxyIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String image;
  private final AtomicInteger restarts = new AtomicInteger();

  @TempDir private Path directory;
  private Path target;
  private HaproxyContainer container;
  private AttachedHaproxy haproxy;
  private Applier applier;

  AttachedHaproxyIT(String image) {
    this.image = image;
  }

  @BeforeEach
  void start() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    target = Files.writeString(directory.resolve("haproxy.cfg"), Site.generation(0));
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
    container = new HaproxyContainer(image, directory);
    container.start();
    await().atMost(PATIENCE).until(() -> Files.exists(directory.resolve("master.sock")));
    haproxy = AttachedHaproxy.at(directory.resolve("master.sock"));
    haproxy.onRestart(restarts::incrementAndGet);
    applier = new Applier(new ConfigFile(target), haproxy);
  }

  @AfterEach
  void stop() {
    haproxy.close();
    container.stop();
  }

  @Test
  void aGoodConfigurationTakesEffect() throws Exception {
    assertThat(served()).isEqualTo("0");

    assertThat(applier.apply(Site.generation(1))).isInstanceOf(Applied.Reloaded.class);

    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.status().reloads()).isEqualTo(1);
    assertThat(applier.apply(Site.generation(1))).isEqualTo(new Applied.NoChange());
    assertThat(haproxy.status().reloads()).isEqualTo(1);
  }

  @Test
  void aBadConfigurationIsRejectedAndTheOldOneServesOn() throws Exception {
    applier.apply(Site.generation(1));

    Applied applied = applier.apply(Site.with(2, "bogus keyword"));

    assertThat(applied).isInstanceOf(Applied.Rejected.class);
    Applied.Rejected rejected = (Applied.Rejected) applied;
    assertThat(rejected.message())
        .contains(tellsReloadResult() ? "unknown keyword 'bogus'" : "refused the configuration");
    assertThat(rejected.candidate()).content().contains("bogus keyword");
    assertThat(target).hasContent(Site.generation(1));
    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.status().running()).isTrue();
    assertThat(applier.apply(Site.generation(3))).isInstanceOf(Applied.Reloaded.class);
    assertThat(served()).isEqualTo("3");
  }

  @Test
  void anAddressThatCannotBeBoundIsRejectedThoughItsSyntaxIsGood() throws Exception {
    applier.apply(Site.generation(1));

    Applied applied = applier.apply(Site.with(2, "bind 192.0.2.1:8081"));

    assertThat(applied).isInstanceOf(Applied.Rejected.class);
    assertThat(target).hasContent(Site.generation(1));
    assertThat(served()).isEqualTo("1");
    assertThat(applier.apply(Site.generation(3))).isInstanceOf(Applied.Reloaded.class);
    assertThat(served()).isEqualTo("3");
  }

  @Test
  void aFileWithoutAListenerNeverReachesHaproxy() throws Exception {
    applier.apply(Site.generation(1));

    Applied applied = applier.apply(Site.generation(2).replace("bind :8080", "# bind :8080"));

    assertThat(applied).isInstanceOf(Applied.Rejected.class);
    assertThat(served()).isEqualTo("1");
    assertThat(haproxy.reload()).isNotNull();
    assertThat(haproxy.status().reloads()).isEqualTo(2);
    assertThat(target).hasContent(Site.generation(1));
  }

  @Test
  void aMissingLastNewlineIsMadeGood() throws Exception {
    assertThat(applier.apply(Site.generation(1).stripTrailing()))
        .isInstanceOf(Applied.Reloaded.class);

    assertThat(served()).isEqualTo("1");
  }

  @Test
  void aBurstIsAppliedOneAtATimeAndTheLastWins() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Applied>> burst =
          IntStream.rangeClosed(1, 20)
              .mapToObj(number -> threads.submit(() -> applier.apply(Site.generation(number))))
              .toList();
      for (Future<Applied> applied : burst) {
        assertThat(applied.get()).isInstanceOf(Applied.Reloaded.class);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(haproxy.status().reloads()).isEqualTo(20);
    assertThat(target).hasContent(Site.generation(Integer.parseInt(served())));

    assertThat(applier.apply(Site.generation(21))).isInstanceOf(Applied.Reloaded.class);
    assertThat(served()).isEqualTo("21");
  }

  @Test
  void anHaproxyThatRestartedHasTheLastConfigurationAndTakesTheNext() throws Exception {
    applier.apply(Site.generation(1));

    container.halt();
    container.resume();

    await().atMost(PATIENCE).until(() -> restarts.get() > 0);
    assertThat(applier.level()).isEqualTo(new Applied.NoChange());
    await().atMost(PATIENCE).ignoreExceptions().until(() -> served().equals("1"));
    assertThat(applier.apply(Site.generation(2))).isInstanceOf(Applied.Reloaded.class);
    assertThat(served()).isEqualTo("2");
  }

  @Test
  void aChangeWhileHaproxyWasAwayIsMadeWhenItComesBack() throws Exception {
    applier.apply(Site.generation(1));
    container.halt();
    await().atMost(PATIENCE).until(() -> !haproxy.status().running());
    int before = restarts.get();

    assertThat(applier.apply(Site.generation(2))).isInstanceOf(Applied.Waiting.class);

    assertThat(target).as("nobody has judged the change").hasContent(Site.generation(1));
    container.resume();
    await().atMost(PATIENCE).until(() -> restarts.get() > before);
    assertThat(applier.level()).isInstanceOf(Applied.Reloaded.class);
    assertThat(served()).isEqualTo("2");
    assertThat(target).hasContent(Site.generation(2));
  }

  @Test
  void aClientThatKeepsItsConnectionLosesNothingOverTenReloads() throws Exception {
    KeepAliveClient clients = new KeepAliveClient(container.site(), 8);
    try {
      for (int number = 1; number <= 10; number++) {
        assertThat(applier.apply(Site.generation(number))).isInstanceOf(Applied.Reloaded.class);
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
        .firstValue(Site.HEADER)
        .orElse("none");
  }
}
