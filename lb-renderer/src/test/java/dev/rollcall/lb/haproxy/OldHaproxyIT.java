package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.TestImages;
import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.ServerChange.RemoveServer;
import dev.rollcall.lb.update.Draining;
import dev.rollcall.lb.update.DriftDetector;
import dev.rollcall.lb.update.UpdatePlanner;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;

/** An HAProxy whose servers must not be deleted at run time is read and never changed. */
@EnabledIfEnvironmentVariable(named = TestImages.OLD_HAPROXY, matches = ".+")
@Timeout(120)
class OldHaproxyIT {

  private static final String POOL = "backend be\n  server s0 127.0.0.1:9000 check weight 3\n";
  private static final ServerName S0 = new ServerName("be", "s0");

  @Test
  void serversAreReadAndChangesAreLeftToReloads(@TempDir Path directory) throws IOException {
    try (Network network = Network.newNetwork();
        RuntimeHaproxyContainer haproxy =
            RuntimeHaproxyContainer.start(
                System.getenv(TestImages.OLD_HAPROXY), directory, network, POOL)) {
      HaproxyConfig config = HaproxyConfig.parse(RuntimeHaproxyContainer.configuration(POOL));
      for (RuntimeApi api : List.of(haproxy.worker(), haproxy.master())) {
        try (RuntimeApi.Session session = api.open()) {
          HaproxyVersion version = ShowInfo.parse(session.ask(ShowInfo.COMMAND)).version();
          assertThat(version.atLeast(HaproxyVersion.RUNTIME_SERVERS)).isFalse();
          HaproxyConfig empty =
              HaproxyConfig.parse(RuntimeHaproxyContainer.configuration("backend be\n"));
          assertThatThrownBy(
                  () ->
                      UpdatePlanner.runtimeChanges(
                          config, empty, version, Draining.NONE, List.of()))
              .isInstanceOf(ReloadRequiredException.class);
          List<ServerState> state = ServerState.parse(session.ask(ServerState.COMMAND));
          assertThat(
                  DriftDetector.detect(config, state, Set.of(), Map.of(), Set.of()).differences())
              .isEmpty();
          assertThat(ShowStat.parse(session.ask("show stat -1 4 -1")).sessions(S0)).contains(0L);
          assertThatThrownBy(
                  () ->
                      new CheckedSession(session).apply(List.of(new RemoveServer(S0, null)), null))
              .isInstanceOf(RuntimeApiException.class);
        }
      }
      assertThat(haproxy.site().get("/")).isEqualTo("9000");
    }
  }
}
