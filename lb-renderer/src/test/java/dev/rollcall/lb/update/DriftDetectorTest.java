package dev.rollcall.lb.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.HaproxyReplies;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.RuntimeApiException;
import dev.rollcall.lb.haproxy.RuntimeCommand;
import dev.rollcall.lb.haproxy.ServerState;
import dev.rollcall.lb.update.DriftDetector.Drift;
import dev.rollcall.lb.update.UpdatePlanner.ReloadRequiredException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DriftDetectorTest {

  private static final HaproxyVersion V30 = HaproxyVersion.parse("3.0.11");
  private static final String[] LEVEL = {
    "be/s1 10.0.0.1 80 0 5", "be/s2 10.0.0.2 80 0 10", "be/s3 fd00::3 80 5 5"
  };
  private static final HaproxyConfig WANTED =
      HaproxyReplies.backend(
          List.of(
              "default-server weight 5",
              "server s1 10.0.0.1:80 check",
              "server s2 10.0.0.2:80 weight 10",
              "server s3 [fd00::3]:80 disabled"));

  @Test
  void noDriftWhenHaproxyRunsTheConfiguration() throws RuntimeApiException {
    Drift drift = drift(with("elsewhere/s9 10.0.0.9 80 5 3"));
    assertThat(drift.differences()).isEmpty();
    assertThat(drift.overrides()).isEmpty();
  }

  @Test
  void describesEachDifference() throws RuntimeApiException {
    assertThat(
            drift("be/s1 10.0.0.9 81 0 5 5 2", "be/s3 fd00::3 80 5 5", "be/s4 10.0.0.4 80 0 1")
                .differences())
        .containsExactly(
            "be/s1 is at 10.0.0.9:81 instead of 10.0.0.1:80",
            "be/s1 is not checked",
            "be/s2 is missing",
            "be/s4 is not in the configuration");
  }

  @Test
  void repairsDifferencesByCommands() throws Exception {
    Drift drift =
        drift("be/s1 10.0.0.9 81 0 5 5 2", "be/s3 fd00::3 80 5 5", "be/s4 10.0.0.4 80 0 1");
    assertThat(repaired(WANTED, drift))
        .containsExactly(
            "enable health be/s1",
            "add server be/s2 10.0.0.2:80 weight 10",
            "enable server be/s2",
            "set server be/s1 addr 10.0.0.1 port 80",
            "set server be/s4 state drain");
  }

  @Test
  void repairsByReloadWhereOrderMatters() throws RuntimeApiException {
    HaproxyConfig wanted =
        HaproxyReplies.backend(
            List.of(
                "balance uri",
                "hash-type consistent",
                "server s1 1.1.1.1:80",
                "server s2 1.1.1.2:80"));
    Drift drift =
        DriftDetector.detect(
            wanted,
            ServerState.parse(HaproxyReplies.state("be/s2 1.1.1.2 80 0 1")),
            Set.of(),
            Map.of(),
            Set.of());
    assertThatThrownBy(
            () ->
                UpdatePlanner.runtimeChanges(
                    drift.runningConfig(), wanted, V30, Draining.NONE, List.of()))
        .isInstanceOf(ReloadRequiredException.class);
  }

  @Test
  void operatorOverrideIsNotDrift() throws RuntimeApiException {
    Drift drift =
        drift("be/s1 10.0.0.1 80 8 5", "be/s2 10.0.0.2 80 1 3 10", "be/s3 fd00::3 80 4 5");
    assertThat(drift.differences()).isEmpty();
    assertThat(drift.overrides().stream().map(order -> order.name() + " " + order.description()))
        .containsExactly("be/s1 drain", "be/s2 maint and weight 3", "be/s3 ready");
    assertThat(drift.overrides().get(0).age()).hasSeconds(25);
  }

  @Test
  void findsOverridesInBackendsOfOtherFiles() throws RuntimeApiException {
    Drift drift = drift(with("elsewhere/s9 10.0.0.9 80 1 3 4"));
    assertThat(drift.overrides().stream().map(order -> order.name() + " " + order.description()))
        .containsExactly("elsewhere/s9 maint and weight 3");
  }

  @Test
  void onlyAWeightThatWasNotSetByUsIsAnOverride() throws Exception {
    List<ServerState> state =
        ServerState.parse(HaproxyReplies.state("be/s1 10.0.0.1 80 0 7 5", LEVEL[1], LEVEL[2]));
    Drift ours =
        DriftDetector.detect(
            WANTED, state, Set.of(), Map.of(new ServerName("be", "s1"), 7), Set.of());
    assertThat(ours.overrides()).isEmpty();
    assertThat(ours.differences()).containsExactly("be/s1 has weight 7 instead of 5");
    assertThat(repaired(WANTED, ours)).containsExactly("set server be/s1 weight 5");
    Drift theirs =
        DriftDetector.detect(
            WANTED, state, Set.of(), Map.of(new ServerName("be", "s1"), 6), Set.of());
    assertThat(theirs.overrides()).hasSize(1);
    assertThat(theirs.differences()).isEmpty();
  }

  @Test
  void agentMayChangeWeightAndState() throws RuntimeApiException {
    HaproxyConfig wanted =
        HaproxyReplies.backend(List.of("server s1 1.1.1.1:80 agent-check agent-port 9"));
    Drift drift =
        DriftDetector.detect(
            wanted,
            ServerState.parse(HaproxyReplies.state("be/s1 1.1.1.1 80 8 50 1")),
            Set.of(),
            Map.of(),
            Set.of());
    assertThat(drift.differences()).isEmpty();
    assertThat(drift.overrides()).isEmpty();
  }

  @Test
  void drainingServerIsNotDriftWhileItTakesNoTraffic() throws RuntimeApiException {
    Set<ServerName> leaving = Set.of(new ServerName("be", "s4"));
    for (String out : List.of("be/s4 10.0.0.4 80 1 1", "be/s4 10.0.0.4 80 8 1")) {
      Drift drift = DriftDetector.detect(WANTED, state(with(out)), leaving, Map.of(), Set.of());
      assertThat(drift.differences()).isEmpty();
      assertThat(drift.overrides()).isEmpty();
    }
    assertThat(
            DriftDetector.detect(
                    WANTED, state(with("be/s4 10.0.0.4 80 0 1")), leaving, Map.of(), Set.of())
                .differences())
        .containsExactly("be/s4 is not in the configuration");
  }

  @Test
  void toleratedDifferencesAreNeitherReportedNorRepaired() throws Exception {
    Set<String> tolerated =
        Set.of("be/s1 is at 10.0.0.9:80 instead of 10.0.0.1:80", "be/s2 is missing");
    Drift drift =
        DriftDetector.detect(
            WANTED,
            state("be/s1 10.0.0.9 80 0 5", LEVEL[2], "be/s4 10.0.0.4 80 0 1"),
            Set.of(),
            Map.of(),
            tolerated);
    assertThat(drift.differences()).containsExactly("be/s4 is not in the configuration");
    assertThat(repaired(WANTED, drift)).containsExactly("set server be/s4 state drain");
  }

  @Test
  void serverWithUnparsableAddressMustAtLeastExist() throws RuntimeApiException {
    HaproxyConfig wanted =
        HaproxyReplies.backend(
            List.of("server db db.example.org:5432 resolvers dns", "server x ${X}:80"));
    assertThat(
            DriftDetector.detect(
                    wanted, state("be/db 10.9.9.9 5432 32 1"), Set.of(), Map.of(), Set.of())
                .differences())
        .containsExactly("be/x is missing");
  }

  @Test
  void serversOfAServerTemplateAreNotDrift() throws RuntimeApiException {
    HaproxyConfig wanted =
        HaproxyReplies.backend(List.of("server-template slot- 1-9 127.0.0.1:1 disabled"));
    Drift drift =
        DriftDetector.detect(
            wanted, state("be/slot-1 127.0.0.1 1 5 1"), Set.of(), Map.of(), Set.of());
    assertThat(drift.differences()).isEmpty();
    assertThat(drift.overrides()).isEmpty();
  }

  @Test
  void weightsAreNotComparedWhenDefaultsAreUnknown() throws RuntimeApiException {
    HaproxyConfig wanted = HaproxyConfig.parse("backend be\n server s1 10.0.0.1:80\n");
    assertThat(
            DriftDetector.detect(
                    wanted, state("be/s1 10.0.0.1 80 0 7"), Set.of(), Map.of(), Set.of())
                .differences())
        .isEmpty();
    assertThat(
            DriftDetector.detect(
                    wanted, state("be/s1 10.0.0.1 80 0 3 7"), Set.of(), Map.of(), Set.of())
                .overrides())
        .hasSize(1);
  }

  private static Stream<String> repaired(HaproxyConfig wanted, Drift drift)
      throws ReloadRequiredException {
    return Stream.concat(
            drift.checks().stream(),
            UpdatePlanner.runtimeChanges(
                drift.runningConfig(), wanted, V30, Draining.NONE, List.of())
                .stream())
        .flatMap(change -> change.commands().stream())
        .map(RuntimeCommand::line);
  }

  private static Drift drift(String... rows) throws RuntimeApiException {
    return DriftDetector.detect(WANTED, state(rows), Set.of(), Map.of(), Set.of());
  }

  private static List<ServerState> state(String... rows) throws RuntimeApiException {
    return ServerState.parse(HaproxyReplies.state(rows));
  }

  private static String[] with(String another) {
    String[] all = Arrays.copyOf(LEVEL, LEVEL.length + 1);
    all[LEVEL.length] = another;
    return all;
  }
}
