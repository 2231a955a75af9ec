package dev.rollcall.measure.versions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.measure.versions.VersionTable.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionTableTest {
  private static final String PAGE =
      """
      # Versions

      Words.

      | with | version | tests of | passed | failed | left out | when, at which commit |
      |---|---|---|---:|---:|---:|---|
      | Consul | 1.8.7 | core, tag every-consul | 30 | 1 | 0 | 2026-01-01, abc |
      | Consul | 1.14.11 | core | 70 | 0 | 0 | 2026-01-01, abc |

      More words.
      """;

  private static Row row(String version, String tests, long passed) {
    return new Row("Consul", version, tests, passed, 0, 0, "2026-02-02, def");
  }

  @Test
  void rowsOfTheSameTestsAndVersionAreReplacedAndTheOthersStay() {
    VersionTable table =
        VersionTable.in(PAGE).with(List.of(row("1.14.11", "core", 71), row("2.0.4", "core", 72)));

    assertThat(table.into(PAGE))
        .isEqualTo(
            """
            # Versions

            Words.

            | with | version | tests of | passed | failed | left out | when, at which commit |
            |---|---|---|---:|---:|---:|---|
            | Consul | 1.8.7 | core, tag every-consul | 30 | 1 | 0 | 2026-01-01, abc |
            | Consul | 1.14.11 | core | 71 | 0 | 0 | 2026-02-02, def |
            | Consul | 2.0.4 | core | 72 | 0 | 0 | 2026-02-02, def |

            More words.
            """);
  }

  @Test
  void aPageWithoutATableGetsOne() {
    String page =
        VersionTable.in("Words.\n").with(List.of(row("2.0.4", "core", 1))).into("Words.\n");

    assertThat(page).startsWith("Words.\n| with |").endsWith("2026-02-02, def |\n");
    assertThat(VersionTable.in(page).rows()).containsExactly(row("2.0.4", "core", 1));
  }

  @Test
  void aTestCountsForTheHaproxyWhoseNumberItHasElseForThatOfItsRun(@TempDir Path directory)
      throws IOException {
    Files.writeString(
        directory.resolve("TEST-a.xml"),
        """
        <testsuite>
          <properties>
            <property name="rollcall.image.haproxy" value="haproxy:3.0"/>
            <property name="rollcall.image.haproxy.3_2" value="${env.HAPROXY_3_2_IMAGE}"/>
            <property name="rollcall.image.haproxy.3_4" value="haproxy:3.4"/>
            <property name="rollcall.image.consul" value="${env.CONSUL_IMAGE}"/>
            <property name="java.version" value="17.0.15"/>
          </properties>
          <testcase name="plain" classname="a"/>
          <testcase name="one()[2]" classname="a"/>
          <testcase name="two(String)[2][1]" classname="a"><failure>x</failure></testcase>
          <testcase name="three()[1]" classname="a"><skipped/></testcase>
        </testsuite>
        """);
    TestCounts counts = new TestCounts(image -> image.substring(image.indexOf(':') + 1));
    TestReport.in(directory)
        .forEach(report -> counts.add("lb-renderer", "lb-renderer", report, "29.1", "2.40"));

    assertThat(counts.rows("now"))
        .containsExactlyInAnyOrder(
            new Row("HAProxy", "3.0", "lb-renderer", 1, 0, 1, "now"),
            new Row("HAProxy", "3.4", "lb-renderer", 1, 1, 0, "now"),
            new Row("Java, of the tests", "17.0.15", "lb-renderer", 2, 1, 1, "now"),
            new Row("Docker Engine", "29.1", "lb-renderer", 2, 1, 1, "now"));
  }

  @Test
  void testsThatRunOnceMoreWithAnotherConsulCountForThatOneAlone() {
    TestCounts counts = new TestCounts(image -> "1.8.7");
    counts.add(
        "discovery-core",
        "discovery-core, tag every-consul",
        new TestReport(
            Map.of("rollcall.image.consul", "consul:1.8.7", "java.version", "17"),
            List.of(new TestReport.Case("one", TestReport.Result.PASSED))),
        "29.1",
        "2.40");

    assertThat(counts.rows("now"))
        .containsExactly(
            new Row("Consul", "1.8.7", "discovery-core, tag every-consul", 1, 0, 0, "now"));
  }

  @Test
  void aFileThatIsNoReportIsNamed(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("TEST-cut.xml"), "<testsuite>");

    assertThatThrownBy(() -> TestReport.in(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("TEST-cut.xml is no report of tests");
  }
}
