package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.measure.load.LoadRecord.Result;
import dev.rollcall.measure.load.LoadTest;
import org.junit.jupiter.api.Test;

class FaultReportTest {
  private static final int ENOUGH = 10 * 4 * LoadTest.RATE;

  private static Result load(int requests, int get, int post, int twice, int unrecorded) {
    return new Result(requests, 10, get, post, "", twice, unrecorded, 0.25);
  }

  @Test
  void aLoadWithoutFailuresKeepsEveryPromise() {
    assertThat(FaultReport.shortfalls(0, 0, load(ENOUGH, 0, 0, 0, 0))).isEmpty();
  }

  @Test
  void failuresBeyondWhatTheFaultMayCostAreNamed() {
    assertThat(FaultReport.shortfalls(0, 2, load(ENOUGH, 1, 3, 0, 0)))
        .containsExactly("1 GET failed, not 0", "3 POST failed, not 2");
  }

  @Test
  void aFaultThatPromisesNothingMayLoseAnyRequest() {
    assertThat(FaultReport.shortfalls(Fault.ANY, Fault.ANY, load(ENOUGH, 99, 99, 0, 0))).isEmpty();
  }

  @Test
  void aPostDeliveredTwiceOrNotRecordedIsNeverKept() {
    assertThat(FaultReport.shortfalls(Fault.ANY, Fault.ANY, load(ENOUGH, 0, 0, 1, 2)))
        .containsExactly("1 delivered twice", "2 answered POSTs not in the record");
  }

  @Test
  void aLoadThatAskedTooLittleProvesNothing() {
    assertThat(FaultReport.shortfalls(0, 0, load(7, 0, 0, 0, 0)))
        .containsExactly("only 7 requests in 10 s");
  }

  @Test
  void aRowIsOneLineOfTheTable() {
    FaultReport.Row row =
        new FaultReport.Row(
            "kill",
            "a node is killed (SIGKILL)",
            new Result(2076, 17, 0, 1, "1 × POST reset", 0, 0, 1.2),
            "1.1 s out, 3.7 s back",
            "and stayed so",
            FaultReport.KEPT);

    assertThat(row.markdown())
        .isEqualTo(
            "| `kill`: a node is killed (SIGKILL) | 2076 | 0 | 1 | 1 × POST reset | 0 | 1.2 s |"
                + " 1.1 s out, 3.7 s back | and stayed so | kept |");
    assertThat(row.cells()).hasSize(11).endsWith("and stayed so", "kept");
  }
}
