package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import dev.rollcall.test.ConsulContainer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real agent that is asked through its Unix socket. */
class UnixSocketIT {

  private static final Duration AWHILE = Duration.ofSeconds(30);

  @TempDir Path directory;

  @Test
  void aServiceRegistersIsWatchedAndLeavesAndARestartOfTheAgentIsSurvived() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (ConsulContainer consul =
        new ConsulContainer("-dev")
            .configured(
                """
                {"addresses":{"http":"0.0.0.0 unix:///sockets/consul.sock"},\
                "unix_sockets":{"mode":"0777"}}""")) {
      // Not by withFileSystemBind, which asks a registry for an image of its own first.
      consul.withCreateContainerCmdModifier(
          command ->
              Objects.requireNonNull(command.getHostConfig())
                  .withBinds(new Bind(directory.toString(), new Volume("/sockets"))));
      consul.start();
      ConsulOptions options =
          ConsulOptions.builder()
              .address(URI.create("unix://" + directory.resolve("consul.sock")))
              .waitTime(Duration.ofSeconds(2))
              .build();
      try (Discovery discovery = Discovery.connect(options)) {
        Watch watch = discovery.watch(ServiceQuery.service("web"), snapshot -> {});
        Registration web =
            discovery.register(ServiceDefinition.named("web").id("web-1").port(8080).build());
        await().atMost(AWHILE).until(() -> size(watch) == 1);
        assertThat(consul.passing("web")).contains("\"web-1\"");
        assertThat(watch.current().orElseThrow().instances().get(0).address())
            .as("the agent's own, as it is on this machine")
            .isEqualTo("127.0.0.1");

        consul.restart();
        await()
            .atMost(AWHILE)
            .until(() -> watch.stale() || consul.passing("web").contains("web-1"));
        await().atMost(AWHILE).until(() -> size(watch) == 1 && !watch.stale());
        assertThat(web.leave()).isTrue();
        await().atMost(AWHILE).until(() -> size(watch) == 0);
      }
    }
  }

  private static int size(Watch watch) {
    return watch.current().map(now -> now.instances().size()).orElse(-1);
  }
}
