package dev.rollcall.measure.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchmarkTest {
  @Test
  void eachBenchmarkHasANameOfItsOwn() {
    assertThat(Benchmark.all()).extracting(Benchmark::name).doesNotHaveDuplicates();
  }

  @Test
  void jmhsResultsBecomeAllocationMedianAndTail() {
    String json =
        """
        [{"benchmark": "dev.rollcall.discovery.ChangedAnswerBenchmark.read",
          "params": {"instances": "10"},
          "primaryMetric": {"scoreUnit": "us/op",
            "scorePercentiles": {"50.0": 20.636, "99.0": 141.2}},
          "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 62095.36}}},
         {"benchmark": "dev.rollcall.discovery.JoinBenchmark.register",
          "primaryMetric": {"scoreUnit": "ms/op",
            "scorePercentiles": {"50.0": 6.61, "99.0": 18.26}},
          "secondaryMetrics": {}}]
        """;

    assertThat(
            LibraryBenchmarks.jmhFigures("library", JsonParser.parseString(json).getAsJsonArray()))
        .extracting(Figure::markdown)
        .containsExactly(
            "| changed answer of 10, allocated | 60.64 | KiB |  |",
            "| changed answer of 10, median | 20.64 | µs |  |",
            "| changed answer of 10, p99 | 141 | µs |  |",
            "| join, median | 6.61 | ms |  |",
            "| join, p99 | 18.26 | ms |  |");
  }

  private static Samples samples(Path directory, String text) throws IOException {
    return Samples.read(Files.writeString(directory.resolve("membership.tsv"), text), "join", "");
  }

  @Test
  void oursIsComparedWithTheFloorAndTheBuildBeforeAndThePeersWithOurs(@TempDir Path directory)
      throws IOException {
    Samples samples =
        samples(
            directory,
            """
            floor, 10 servers\t5.000\tjoin
            floor: Consul, 10 servers\t4.000\tjoin
            Rollcall, 10 servers\t10.000\tjoin
            the build before, 10 servers\t20.000\tjoin
            server-template, asked every 1s, 10 servers\t875.000\tjoin
            Rollcall, 1000 servers\t20.000\tjoin
            server-template, asked every 1s, 1000 servers\t900.000\tjoin
            Rollcall, 10 servers\t7.000\tleave
            """);

    assertThat(BalancerBenchmarks.compareInPools("join", "join at ", samples))
        .containsExactly(
            ratio("join at 10: Rollcall by the floor", true, 10, 5),
            ratio("join at 10: Rollcall by the build before", true, 10, 20),
            ratio("join at 10: server-template, asked every 1s by Rollcall", false, 875, 10),
            ratio("join at 1,000: server-template, asked every 1s by Rollcall", false, 900, 20));
    assertThat(BalancerBenchmarks.tailsInPools("join", "join at ", samples))
        .extracting(Figure::markdown)
        .containsExactly(
            "| join at 10: p99 of Rollcall by the floor's median | 2.00 | times |  |",
            "| join at 10: p99 of Rollcall by that of the build before | 0.50 | times |  |");
  }

  private static Ratio ratio(String name, boolean lowerIsBetter, double numerator, double by) {
    return new Ratio("join", name, lowerIsBetter, List.of(numerator), List.of(by));
  }

  @Test
  void whatWasNotMeasuredOrIsNothingIsComparedWithNothing(@TempDir Path directory)
      throws IOException {
    Samples samples =
        samples(
            directory,
            """
            floor\t0.000\tjoin
            Rollcall\t10.000\tjoin
            """);

    assertThat(BalancerBenchmarks.compare("join", "join", samples, "")).isEmpty();
    assertThat(BalancerBenchmarks.tails("join", "join", samples, "")).isEmpty();
  }

  @Test
  void wrksReportIsReadInItsUnits() {
    String text =
        """
        Running 5s test @ http://198.18.0.5:8080/
          1 threads and 256 connections
          Latency Distribution
             50%    5.37ms
             99%    1.02s
          208982 requests in 5.00s, 29.30MB read
          Socket errors: connect 0, read 1, write 2, timeout 3
          Non-2xx or 3xx responses: 7
        Requests/sec:  41796.31
        """;

    assertThat(WrkReport.parse(text)).isEqualTo(new WrkReport(208_982, 41_796.31, 1020, 7, 6));
  }

  @Test
  void aPlotHasALineANameAndTheTitlesOfItsAxes(@TempDir Path directory) throws IOException {
    Path svg = directory.resolve("join.svg");

    Plot.write(
        svg,
        "median, ms",
        List.of(10, 100),
        Map.of("Rollcall", List.of(16.5, 27.5), "haproxy -sf", List.of(31.0, 52.0)));

    assertThat(svg)
        .content()
        .contains("<svg font-family=\"sans-serif\"", ">Rollcall<", ">haproxy -sf<")
        .contains(">servers in the pool<");
  }
}
