package dev.rollcall.measure.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.rollcall.measure.ExitException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationTest {
  private static List<String> rows(String... words) {
    return Simulation.rows(ConsulLoad.of(Simulation.values(List.of(words)))).stream()
        .map(row -> row.replaceAll(" {2,}", ": "))
        .toList();
  }

  @Test
  void aSmallServiceIsToldOfEachChangeAtOnce() {
    assertThat(rows("instances=10", "balancers=3", "changes=0.5"))
        .contains("one answer: 0.0 MB", "blocking queries open at Consul: 3.0 ")
        .contains("heartbeats: 2.0 /s", "checks by all balancers: 60.0 /s");
  }

  @Test
  void answersThatConsulCannotWriteInTimeMakeBalancersWait() {
    assertThat(longest(rows("rate=47", "entry=1534")))
        .isGreaterThan(longest(rows("rate=470", "entry=1534")));
  }

  @Test
  void onlyNumbersAboveZeroAreValues() {
    assertThatThrownBy(() -> rows("rate=0"))
        .isInstanceOf(ExitException.class)
        .hasMessage("rate is to be a number above 0");
    assertThatThrownBy(() -> rows("rate=-1")).isInstanceOf(ExitException.class);
  }

  private static double longest(List<String> rows) {
    return rows.stream()
        .filter(row -> row.startsWith("the longest"))
        .mapToDouble(row -> Double.parseDouble(row.split(" ", 4)[2]))
        .findFirst()
        .orElseThrow();
  }
}
