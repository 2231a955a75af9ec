package dev.rollcall.lb.haproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers as real masters gave them. */
class ShowProcTest {

  private static final String FRESH_26 =
      """
      #<PID>          <type>          <reloads>       <uptime>        <version>      \s
      1               master          0 [failed: 0]   0d00h00m02s     2.6.12-1+deb12u3
      # workers
      8               worker          0               0d00h00m02s     2.6.12-1+deb12u3
      # programs

      """;

  private static final String FAILED_26 =
      """
      #<PID>          <type>          <reloads>       <uptime>        <version>      \s
      1               master          2 [failed: 1]   0d00h00m04s     2.6.12-1+deb12u3
      # workers
      12              worker          1               0d00h00m02s     2.6.12-1+deb12u3
      # programs

      """;

  private static final String OLD_WORKERS_30 =
      """
      #<PID>          <type>          <reloads>       <uptime>        <version>      \s
      1               master          3 [failed: 0]   1d02h03m04s     3.0.11-1+deb13u3
      # workers
      18              worker          0               0d00h00m01s     3.0.11-1+deb13u3
      # old workers
      12              worker          1               0d00h00m03s     3.0.11-1+deb13u3
      8               worker          2               0d00h00m09s     3.0.11-1+deb13u3
      # programs

      """;

  /** From 3.1 on the worker that serves is listed as an old one after a refused reload. */
  private static final String FAILED_32 =
      """
      #<PID>          <type>          <reloads>       <uptime>        <version>      \s
      1               master          4 [failed: 1]   0d00h01m00s     3.2.26-1
      # workers
      # old workers
      12              worker          3               0d00h00m30s     3.2.26-1
      18              worker          1               0d00h00m10s     3.2.26-1
      # programs

      """;

  private static final String OLD_WORKERS_22 =
      """
      #<PID>          <type>          <relative PID>  <reloads>       <uptime>        <version>      \s
      1               master          0               2               0d00h00m04s     2.2.9-2+deb11u6
      # workers
      18              worker          1               0               0d00h00m02s     2.2.9-2+deb11u6
      # old workers
      12              worker          [was: 1]        1               0d00h00m03s     2.2.9-2+deb11u6
      # programs

      """;

  @Test
  void readsTableOfHaproxyBefore25() {
    ShowProc list = ShowProc.parse(OLD_WORKERS_22).orElseThrow();
    assertThat(list.master().reloads()).isEqualTo(2);
    assertThat(list.serving().orElseThrow().pid()).isEqualTo(18);
    assertThat(list.oldWorkers()).hasSize(1);
    assertThat(list.oldWorkers().get(0).reloads()).isEqualTo(1);
    assertThat(list.version()).contains(HaproxyVersion.parse("2.2.9"));
  }

  @Test
  void readsFreshMaster() {
    ShowProc list = parse(FRESH_26);

    assertThat(list.master())
        .isEqualTo(new ShowProc.ProcessEntry(1, 0, Duration.ofSeconds(2), "2.6.12-1+deb12u3"));
    assertThat(list.failedReloads()).isZero();
    assertThat(list.workers())
        .containsExactly(
            new ShowProc.ProcessEntry(8, 0, Duration.ofSeconds(2), "2.6.12-1+deb12u3"));
    assertThat(list.oldWorkers()).isEmpty();
    assertThat(list.version()).map(dev.rollcall.lb.haproxy.HaproxyVersion::minor).contains(6);
  }

  @Test
  void countsFailedReloadsWhileOldWorkerServes() {
    ShowProc list = parse(FAILED_26);

    assertThat(list.failedReloads()).isEqualTo(1);
    assertThat(list.master().reloads()).isEqualTo(2);
    assertThat(list.serving()).map(ShowProc.ProcessEntry::pid).contains(12L);
  }

  @Test
  void distinguishesOldWorkersFromTheCurrentOne() {
    ShowProc list = parse(OLD_WORKERS_30);

    assertThat(list.serving()).map(ShowProc.ProcessEntry::pid).contains(18L);
    assertThat(list.oldWorkers()).extracting(ShowProc.ProcessEntry::pid).containsExactly(12L, 8L);
    assertThat(list.master().uptime())
        .isEqualTo(Duration.ofDays(1).plusHours(2).plusMinutes(3).plusSeconds(4));
  }

  @Test
  void findsServingWorkerAmongOldOnesAfterRefusedReload() {
    ShowProc list = parse(FAILED_32);

    assertThat(list.workers()).isEmpty();
    assertThat(list.serving()).map(ShowProc.ProcessEntry::pid).contains(18L);
  }

  @Test
  void noWorkerServesWhenThereIsOnlyTheMaster() {
    ShowProc list = parse("1  master  1 [failed: 1]  0d00h00m04s  3.0.11\n# workers\n");

    assertThat(list.serving()).isEmpty();
  }

  @Test
  void readsMasterThatDoesNotCountFailures() {
    ShowProc list =
        parse("1162  master  5  0d00h02m07s  2.4.1\n# workers\n1271 worker 1 0d00h00m00s 2.4.1\n");

    assertThat(list.failedReloads()).isZero();
    assertThat(list.serving()).map(ShowProc.ProcessEntry::pid).contains(1271L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\n",
        "Permission denied\n",
        "Unknown command: 'show proc', but maybe one of the following ones is a better match:\n",
        "#<PID>  <type>  <reloads>  <uptime>  <version>\n",
        "99999999999999999999 master 1 [failed: 0] 0d00h00m01s 3.0\n",
        "1 master many [failed: 0] 0d00h00m01s 3.0\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n"
      })
  void rejectsOtherReplies(String answer) {
    assertThat(ShowProc.parse(answer)).isEmpty();
  }

  private static ShowProc parse(String answer) {
    Optional<ShowProc> list = ShowProc.parse(answer);
    assertThat(list).isPresent();
    return list.get();
  }
}
