package dev.rollcall.measure.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.measure.load.LoadRecord.Result;
import dev.rollcall.measure.load.LoadRecord.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadRecordTest {
  private static final String HEAD = "timeStamp,elapsed,label,responseCode,success,URL\n";
  private static final String GET = "http://127.0.0.1/";
  private static final String POST = "http://127.0.0.1/trial?id=";

  @TempDir private Path directory;

  private LoadRecord record(String csv, String deliveries) throws IOException {
    Files.writeString(directory.resolve("load.csv"), HEAD + csv);
    Files.writeString(directory.resolve("deliveries.log"), deliveries);
    return new LoadRecord(directory);
  }

  private Result result(String csv, String deliveries) throws IOException {
    return record(csv, deliveries).results(List.of(new Window(1000, 11_000))).get(0);
  }

  @Test
  void countsRequestsThatBeganWithinTheWindowAndNoOthers() throws IOException {
    Result result =
        result(
            """
            999,5,GET kept,200,true,%1$s
            1000,5,GET kept,200,true,%1$s
            10999,5,GET new,200,true,%1$s
            11000,5,GET new,200,true,%1$s
            """
                .formatted(GET),
            "");

    assertThat(result.requests()).isEqualTo(2);
    assertThat(result.seconds()).isEqualTo(10);
  }

  @Test
  void namesEachKindOfFailureByWhatTheClientSaw() throws IOException {
    String prefix = "Non HTTP response code: ";
    Result result =
        result(
            """
            2000,5,GET kept,503,false,%1$s
            2001,5,GET kept,%2$sorg.apache.http.NoHttpResponseException,false,%1$s
            2002,5,GET new,%2$sorg.apache.http.conn.HttpHostConnectException,false,%1$s
            2003,5,GET new,%2$sorg.apache.http.conn.ConnectTimeoutException,false,%1$s
            2004,5,POST new,%2$sjava.net.SocketTimeoutException,false,%3$sa
            2005,5,POST new,%2$sjava.net.SocketException,false,%3$sb
            2006,5,POST new,%2$sjava.net.SocketException,false,%3$sc
            """
                .formatted(GET, prefix, POST),
            "");

    assertThat(result.getFailed()).isEqualTo(4);
    assertThat(result.postFailed()).isEqualTo(3);
    assertThat(result.kinds().split(", ", -1))
        .containsExactlyInAnyOrder(
            "1 × GET HTTP 503",
            "1 × GET closed unanswered",
            "1 × GET refused",
            "1 × GET connect timed out",
            "1 × POST timed out",
            "2 × POST reset");
  }

  @Test
  void countsIdsThatArrivedMoreThanOnceOnWhateverNode() throws IOException {
    Result result =
        result(
            """
            2000,5,POST new,200,true,%1$sa
            2001,5,POST new,200,true,%1$sb
            """
                .formatted(POST),
            """
            2026-11-30 INFO Trial delivered a
            2026-11-30 INFO Trial delivered b
            2026-11-30 INFO Trial delivered a
            2026-11-30 INFO something else
            2026-11-30 INFO Trial delivered a
            """);

    assertThat(result.twice()).isEqualTo(1);
    assertThat(result.unrecorded()).isZero();
  }

  @Test
  void tellsAnsweredPostsThatStandInNoLog() throws IOException {
    Result result =
        result(
            """
            2000,5,POST new,200,true,%1$sa
            2001,5,POST new,503,false,%1$sb
            """
                .formatted(POST),
            "");

    assertThat(result.unrecorded()).isEqualTo(1);
  }

  @Test
  void anIdThatNoRequestIsKnownOfCountsInTheLastWindow() throws IOException {
    LoadRecord record =
        record("2000,5,GET new,200,true,%s%n".formatted(GET), " delivered x\n delivered x\n");

    assertThat(record.results(List.of(new Window(0, 1000), new Window(1000, 3000))))
        .extracting(Result::twice)
        .containsExactly(0, 1);
  }

  @Test
  void theTimeThatASlowAnswerIsMeantToTakeIsNoStall() throws IOException {
    Result result =
        result(
            """
            2000,3400,GET slow,200,true,%1$s
            2001,250,GET new,200,true,%1$s
            """
                .formatted(GET),
            "");

    assertThat(result.stall()).isEqualTo(0.4);
  }

  @Test
  void aRequestBelongsToTheWindowInWhichItBegan() throws IOException {
    LoadRecord record =
        record(
            """
            1500,900,GET new,200,true,%1$s
            2500,5,GET new,200,true,%1$s
            1999,5000,POST new,200,true,%2$sa
            """
                .formatted(GET, POST),
            " delivered a\n delivered a\n");

    List<Result> results = record.results(List.of(new Window(1000, 2000), new Window(2000, 3000)));

    assertThat(results).extracting(Result::requests).containsExactly(2, 1);
    assertThat(results).extracting(Result::twice).containsExactly(1, 0);
    assertThat(record.requests(new Window(1000, 3000))).isEqualTo(3);
  }

  @Test
  void aLineThatIsStillBeingWrittenIsNoRequest() throws IOException {
    LoadRecord record = record("1500,9,GET new,503,false,%s%n1501,9,GE".formatted(GET), "");

    assertThat(record.failedSince(0)).isEqualTo(1);
    assertThat(record.failedSince(1500)).isZero();
  }

  @Test
  void theLoadIsAnsweredWellWhenItsLastRequestsTookLessThanASecond() throws IOException {
    LoadRecord record =
        record(
            """
            1000,5000,GET new,503,false,%1$s
            1001,5,GET new,200,true,%1$s
            1002,3900,GET slow,200,true,%1$s
            """
                .formatted(GET),
            "");

    assertThat(record.answeredWell(2)).isTrue();
    assertThat(record.answeredWell(3)).isFalse();
    assertThat(record.answeredWell(4)).isFalse();
  }

  @Test
  void theOutcomeHasTheTimesOfAnsweredRequestsAndTheKindsOfLostOnes() throws IOException {
    StringBuilder csv = new StringBuilder();
    for (int i = 1; i <= 100; i++) {
      csv.append("%d,%d,GET new,200,true,%s%n".formatted(1000 + i, i, GET));
    }
    csv.append("1200,7,GET new,Non HTTP response code: java.net.SocketException,false,x\n");
    csv.append("5000,7,GET new,503,false,x\n");

    LoadRecord.Outcome outcome = record(csv.toString(), "").outcome(4999);

    assertThat(outcome.requests()).isEqualTo(101);
    assertThat(outcome.lost()).isEqualTo(1);
    assertThat(outcome.kinds()).containsEntry("SocketException", 1).hasSize(1);
    assertThat(outcome.median()).isEqualTo(50);
    assertThat(outcome.p99()).isEqualTo(99);
  }
}
