package dev.rollcall.lb.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.runtime.ChangeOutcome.NotMade;
import dev.rollcall.lb.runtime.RuntimeDecision.ByReload;
import dev.rollcall.lb.runtime.ServerStep.RemoveServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.Network;

/** An HAProxy whose servers must not be deleted at run time is read and never changed. */
@Timeout(120)
class OldHaproxyIT {

  private static final String POOL = "backend be\n  server s0 127.0.0.1:9000 check weight 3\n";
  private static final ServerName S0 = new ServerName("be", "s0");

  @Test
  void isReadAndLeftToReloads(@TempDir Path directory) throws IOException {
    try (Network network = Network.newNetwork();
        RealHaproxy haproxy = RealHaproxy.start(RealHaproxy.oldImage(), directory, network, POOL)) {
      HaproxyConfig config = HaproxyConfig.parse(RealHaproxy.configuration(POOL));
      for (RuntimeApi api : List.of(haproxy.worker(), haproxy.master())) {
        try (CommandSession session = api.open()) {
          HaproxyVersion version = ProcessInfo.parse(session.ask(ProcessInfo.COMMAND)).version();
          assertThat(version.atLeast(HaproxyVersion.RUNTIME_SERVERS)).isFalse();
          assertThat(
                  ServerDiff.between(
                      config,
                      HaproxyConfig.parse(RealHaproxy.configuration("backend be\n")),
                      version,
                      Map.of()))
              .isInstanceOf(ByReload.class);
          ServersState state = ServersState.parse(session.ask(ServersState.COMMAND));
          assertThat(Drift.between(config, state, Set.of(), Map.of(), Set.of()).differences())
              .isEmpty();
          assertThat(StatTable.parse(session.ask("show stat -1 4 -1")).sessions(S0)).contains(0L);
        }
        assertThat(ServerChanges.make(List.of(new RemoveServer(S0, null)), api))
            .isInstanceOf(NotMade.class);
      }
      assertThat(haproxy.site().get("/")).isEqualTo("9000");
    }
  }
}
