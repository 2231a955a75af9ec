package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.StatsReport.ServerStats;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShowStatTest {
  private static final ServerName S1 = new ServerName("be", "s1");
  private static final String HEADER =
      "# pxname,svname,scur,stot,econ,eresp,status,weight,rate,check_status,last_chk,hrsp_5xx,addr,\n";

  private static List<ServerStats> parse(String rows) throws RuntimeApiException {
    return ShowStat.parse(HEADER + rows).servers();
  }

  @Test
  void readsColumnsByName() throws RuntimeApiException {
    assertThat(
            parse(
                "web,web-1,2,99,1,2,UP,50,7,L7OK,\"HTTP status, \"\"fine\"\"\",3,198.18.0.5:80,\n\n"))
        .containsExactly(
            new ServerStats("web", "web-1", "198.18.0.5:80", "UP", "L7OK", 50, 7, 2, 99, 6));
  }

  @Test
  void readsEmptyCellsAsZero() throws RuntimeApiException {
    assertThat(parse("web,web-1,,,,,no check,,,,,,,\n"))
        .containsExactly(new ServerStats("web", "web-1", "", "no check", "", 0, 0, 0, 0, 0));
  }

  @Test
  void ignoresTruncatedLastLine() throws RuntimeApiException {
    assertThat(parse("web,a,0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\nweb,b,0,0,0,0,U")).hasSize(1);
    assertThat(parse("web,a,0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\nweb,b,0\nweb,c")).hasSize(1);
  }

  @Test
  void limitsNumberOfServers() throws RuntimeApiException {
    String rows =
        IntStream.range(0, 3000)
            .mapToObj(i -> "web,s" + i + ",0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\n")
            .collect(Collectors.joining());
    assertThat(parse(rows)).hasSize(1000);
  }

  @Test
  void countsCurrentAndQueuedSessions() throws RuntimeApiException {
    ShowStat table = ShowStat.parse(HaproxyReplies.stat("be,s0,0,9", "be,s1,3,4", "other,s1,0,5"));
    assertThat(table.sessions(S1)).contains(7L);
    assertThat(table.sessions(new ServerName("be", "s2"))).isEmpty();
  }

  @Test
  void readsQuotedCells() throws RuntimeApiException {
    ShowStat table = ShowStat.parse(HaproxyReplies.stat("be,s1,0,0"));
    assertThat(table.server(S1).orElseThrow()).containsEntry("last_chk", "OK, or not: \"fine\"");
  }

  @Test
  void findsSessionsByNamesOfColumns() throws RuntimeApiException {
    ShowStat table = ShowStat.parse("# pxname,scur,new,svname,qcur\nbe,2,,s1,0\n");
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
    ShowStat table = ShowStat.parse(answer);
    assertThatThrownBy(() -> table.sessions(S1))
        .isInstanceOf(RuntimeApiException.class)
        .hasMessageStartingWith("\"show stat\" is not understood");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "Permission denied", "pxname,svname", "\"# pxname,svname"})
  void rejectsOtherReplies(String answer) {
    assertThatThrownBy(() -> ShowStat.parse(answer)).isInstanceOf(RuntimeApiException.class);
  }

  @Test
  void asksForBackendByItsId() {
    assertThat(ShowStat.command(4)).isEqualTo("show stat 4 4 -1");
    assertThatThrownBy(() -> ShowStat.command(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
