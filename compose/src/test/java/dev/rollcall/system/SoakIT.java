package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A minute of {@code compose/measure/soak}, with faults that are quick and may cost no request at
 * all. Its raw figures stay in {@code compose/target/soak-test}.
 */
class SoakIT {
  private static final String PROJECT = "rollcall-soak-test";

  /**
   * Requests a second of each of four kinds: a third of what {@code compose/measure/soak} does by
   * itself, which with JMeter and three nodes that have just begun is all that two busy processors
   * can do.
   */
  private static final String RATE = "10";

  private static final Pattern IN_ALL = Pattern.compile("(\\d+) requests in all");

  /** Not a temporary directory: who looks into a failure needs what was recorded. */
  private final Path directory = Stack.ROOT.resolve("compose/target/soak-test");

  /** One line of the ledger: what was broken, and what it cost. */
  private record Row(
      String fault, int requests, int getFailed, int postFailed, int twice, String verdict) {
    static Row of(String line) {
      String[] cells = line.split("\t", -1);
      return new Row(
          cells[0],
          Integer.parseInt(cells[2]),
          Integer.parseInt(cells[3]),
          Integer.parseInt(cells[4]),
          Integer.parseInt(cells[6]),
          cells[10]);
    }
  }

  /** Times are left to the report: on a busy machine they say more of it than of the system. */
  @Test
  void aMinuteOfFaultsLosesNoRequestGrowsNothingAndLeavesNothing() throws Exception {
    Command.Finished soak = soak("1", "--seed", "7", "hostile", "drain", "unwell").run();

    assertThat(soak.exit()).as("exit code of %s", soak).isIn(0, 1);
    List<Row> ledger = ledger();
    assertThat(ledger).as("%s", soak).extracting(Row::fault).startsWith("0 start", "1 drain");
    assertThat(ledger.get(ledger.size() - 1).fault()).endsWith(" end");
    assertThat(ledger)
        .allSatisfy(
            row -> {
              assertThat(row.requests()).isGreaterThan(100);
              assertThat(row.getFailed()).as("%s", row).isZero();
              assertThat(row.postFailed()).as("%s", row).isZero();
              assertThat(row.twice()).as("%s", row).isZero();
              assertThat(row.verdict()).doesNotContain("a step failed", "not in the record");
            });
    String report = Files.readString(directory.resolve("soak.md"));
    assertThat(ledger.stream().mapToInt(Row::requests).sum()).isEqualTo(requestsInAll(report));
    assertThat(report).contains("| lb-renderer | all along |").doesNotContain("**grows**");
    assertThat(left("ps", "-aq")).isEmpty();
    assertThat(left("network", "ls", "-q")).isEmpty();
    assertThat(left("volume", "ls", "-q")).isEmpty();
  }

  private Command soak(String... words) {
    return Command.of("compose/measure/soak", "--no-build", "--out", directory.toString())
        .and(words)
        .with(Stack.environmentOf(PROJECT))
        .with(Map.of("LOAD_RATE", RATE))
        .within(Duration.ofMinutes(10));
  }

  private List<Row> ledger() throws IOException {
    return Files.readAllLines(directory.resolve("ledger.tsv")).stream().map(Row::of).toList();
  }

  private static int requestsInAll(String report) {
    Matcher matcher = IN_ALL.matcher(report);
    assertThat(matcher.find()).isTrue();
    return Integer.parseInt(matcher.group(1));
  }

  private static List<String> left(String... words) {
    String project = "label=com.docker.compose.project=" + PROJECT;
    return Command.of("docker").and(words).and("--filter", project).run().orFail().lines();
  }
}
