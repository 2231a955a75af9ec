package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.config.ServerName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatTableTest {

  private static final ServerName S1 = new ServerName("be", "s1");

  @Test
  void countsCurrentAndQueuedSessions() throws RuntimeApiException {
    StatTable table =
        StatTable.parse(HaproxyReplies.stat("be,s0,0,9", "be,s1,3,4", "other,s1,0,5"));
    assertThat(table.sessions(S1)).contains(7L);
    assertThat(table.sessions(new ServerName("be", "s2"))).isEmpty();
  }

  @Test
  void readsQuotedCells() throws RuntimeApiException {
    StatTable table = StatTable.parse(HaproxyReplies.stat("be,s1,0,0"));
    assertThat(table.server(S1).orElseThrow()).containsEntry("last_chk", "OK, or not: \"fine\"");
  }

  @Test
  void readsColumnsByName() throws RuntimeApiException {
    StatTable table = StatTable.parse("# pxname,scur,new,svname,qcur\nbe,2,,s1,0\n");
    assertThat(table.sessions(S1)).contains(2L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# pxname,svname,scur\nbe,s1,0\n",
        "# pxname,svname,scur,qcur\nbe,s1,none,0\n",
        "# pxname,svname,scur,qcur\nbe,s1,,\n",
        "# pxname,svname,scur,qcur\nbe,s1\n",
      })
  void rejectsMissingNumbers(String answer) throws RuntimeApiException {
    StatTable table = StatTable.parse(answer);
    assertThatThrownBy(() -> table.sessions(S1))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("\"show stat\" is not understood");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "Permission denied", "pxname,svname", "\"# pxname,svname"})
  void rejectsOtherReplies(String answer) {
    assertThatThrownBy(() -> StatTable.parse(answer)).isInstanceOf(RuntimeApiException.class);
  }

  @Test
  void asksForBackendByItsId() {
    assertThat(StatTable.ofServers(4)).isEqualTo("show stat 4 4 -1");
    assertThatThrownBy(() -> StatTable.ofServers(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
