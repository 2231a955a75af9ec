package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShowStatTest {
  private static final String HEADER =
      "# pxname,svname,scur,stot,econ,eresp,status,weight,rate,check_status,last_chk,hrsp_5xx,addr,\n";

  private static List<ServerStats> parse(String rows) {
    return ShowStat.parse(HEADER + rows).orElseThrow();
  }

  @Test
  void readsColumnsByName() {
    assertThat(
            parse(
                "web,web-1,2,99,1,2,UP,50,7,L7OK,\"HTTP status, \"\"fine\"\"\",3,198.18.0.5:80,\n\n"))
        .containsExactly(
            new ServerStats("web", "web-1", "198.18.0.5:80", "UP", "L7OK", 50, 7, 2, 99, 6));
  }

  @Test
  void readsEmptyCellsAsZero() {
    assertThat(parse("web,web-1,,,,,no check,,,,,,,\n"))
        .containsExactly(new ServerStats("web", "web-1", "", "no check", "", 0, 0, 0, 0, 0));
  }

  @Test
  void ignoresTruncatedLastLine() {
    assertThat(parse("web,a,0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\nweb,b,0,0,0,0,U")).hasSize(1);
    assertThat(parse("web,a,0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\nweb,b,0\nweb,c")).hasSize(1);
  }

  @Test
  void limitsNumberOfServers() {
    String rows =
        IntStream.range(0, 3000)
            .mapToObj(i -> "web,s" + i + ",0,0,0,0,UP,1,0,,,0,198.18.0.5:80,\n")
            .collect(Collectors.joining());
    assertThat(parse(rows)).hasSize(1000);
  }

  @Test
  void rejectsOtherReplies() {
    assertThat(ShowStat.parse("")).isEmpty();
    assertThat(ShowStat.parse("Permission denied\n")).isEmpty();
    assertThat(ShowStat.parse("# pxname,svname,")).isEmpty();
  }
}
