package dev.rollcall.measure.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SamplesTest {
  private static Samples of(double... values) {
    Samples samples = new Samples();
    for (double value : values) {
      samples.add("join", value);
    }
    return samples;
  }

  private static List<String> rows(Samples samples) {
    return samples.distributions("b", "ms").stream().map(Figure::markdown).toList();
  }

  @Test
  void aMedianTellsItsSamplesAndTheSpreadBetweenItsQuartiles() {
    assertThat(rows(of(4, 1, 3, 2)))
        .containsExactly("| join, median of 4 | 2 | ms | 100 % |", "| join, p99 | 4 | ms |  |");
  }

  @Test
  void figuresHaveFourSignificantDigits() {
    assertThat(rows(of(16.4949))).first().isEqualTo("| join, median of 1 | 16.49 | ms | 0 % |");
    assertThat(rows(of(1878.6))).first().isEqualTo("| join, median of 1 | 1879 | ms | 0 % |");
    assertThat(rows(of(449.0))).first().isEqualTo("| join, median of 1 | 449 | ms | 0 % |");
    assertThat(rows(of(0.8151))).first().isEqualTo("| join, median of 1 | 0.8151 | ms | 0 % |");
    assertThat(rows(of(0))).first().isEqualTo("| join, median of 1 | 0 | ms | 0 % |");
  }

  @Test
  void thePercentileOfAHundredSamplesIsTheNinetyNinth() {
    double[] values = new double[100];
    for (int i = 0; i < values.length; i++) {
      values[i] = i + 1;
    }

    assertThat(rows(of(values))).last().isEqualTo("| join, p99 | 99 | ms |  |");
  }

  @Test
  void samplesAreReadByTheirKindInTheOrderInWhichTheyCame(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("samples.tsv");
    Files.writeString(file, "b\t2.000\tjoin\na\t1.000\tleave\na\t3.000\tjoin\n");

    assertThat(Samples.read(file, "join", "in ").names()).containsExactly("in b", "in a");
  }
}
