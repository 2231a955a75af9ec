package dev.rollcall.lb.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DriftTest {

  private static final HaproxyConfig WANTED =
      Tables.backend(
          List.of(
              "default-server weight 5",
              "server s1 10.0.0.1:80 check",
              "server s2 10.0.0.2:80 weight 10",
              "server s3 [fd00::3]:80 disabled"));

  @Test
  void thereIsNoneWhenHaproxyRunsWhatIsWanted() throws RuntimeApiException {
    assertThat(
            drift(
                "be/s1 10.0.0.1 80 0 5",
                "be/s2 10.0.0.2 80 4 10",
                "be/s3 fd00::3 80 5 5",
                "elsewhere/s9 10.0.0.9 80 1 3"))
        .isEmpty();
  }

  @Test
  void eachDifferenceIsSaidInWords() throws RuntimeApiException {
    assertThat(drift("be/s1 10.0.0.9 81 1 7", "be/s3 fd00::3 80 4 5", "be/s4 10.0.0.4 80 0 1"))
        .containsExactly(
            "be/s1 is at 10.0.0.9:81 instead of 10.0.0.1:80",
            "be/s1 has weight 7 instead of 5",
            "be/s1 is in state maintenance instead of ready",
            "be/s2 is missing",
            "be/s3 is in state ready, disabled in its configuration instead of maintenance",
            "be/s4 is not in the configuration");
  }

  @Test
  void aDrainedServerIsOne() throws RuntimeApiException {
    assertThat(drift("be/s1 10.0.0.1 80 8 5", "be/s2 10.0.0.2 80 0 10", "be/s3 fd00::3 80 1 5"))
        .containsExactly("be/s1 is in state drain instead of ready");
  }

  @Test
  void aServerThatWaitsToBeDeletedIsNoneWhileItTakesNoTraffic() throws RuntimeApiException {
    Set<ServerName> leaving = Set.of(new ServerName("be", "s4"));
    String[] level = {"be/s1 10.0.0.1 80 0 5", "be/s2 10.0.0.2 80 0 10", "be/s3 fd00::3 80 5 5"};
    assertThat(Drift.between(WANTED, with(level, "be/s4 10.0.0.4 80 1 1"), leaving)).isEmpty();
    assertThat(Drift.between(WANTED, with(level, "be/s4 10.0.0.4 80 8 1"), leaving)).isEmpty();
    assertThat(Drift.between(WANTED, with(level, "be/s4 10.0.0.4 80 0 1"), leaving))
        .containsExactly("be/s4 is not in the configuration");
  }

  @Test
  void whatOnlyHaproxyUnderstandsHasToBeThereAtLeast() throws RuntimeApiException {
    HaproxyConfig wanted =
        Tables.backend(List.of("server db db.example.org:5432 resolvers dns", "server x ${X}:80"));
    assertThat(
            Drift.between(
                wanted, ServersState.parse(Tables.state("be/db 10.9.9.9 5432 0 1")), Set.of()))
        .containsExactly("be/x is missing");
  }

  @Test
  void serversOfATemplateAreNotTooMany() throws RuntimeApiException {
    HaproxyConfig wanted =
        Tables.backend(List.of("server-template slot- 1-9 127.0.0.1:1 disabled"));
    assertThat(
            Drift.between(
                wanted, ServersState.parse(Tables.state("be/slot-1 127.0.0.1 1 5 1")), Set.of()))
        .isEmpty();
  }

  private static List<String> drift(String... rows) throws RuntimeApiException {
    return Drift.between(WANTED, ServersState.parse(Tables.state(rows)), Set.of());
  }

  private static ServersState with(String[] rows, String another) throws RuntimeApiException {
    String[] all = java.util.Arrays.copyOf(rows, rows.length + 1);
    all[rows.length] = another;
    return ServersState.parse(Tables.state(all));
  }
}
