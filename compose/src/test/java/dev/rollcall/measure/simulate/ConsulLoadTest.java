package dev.rollcall.measure.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class ConsulLoadTest {
  private static ConsulLoad load(double balancers, double agents, double instances) {
    Map<String, Double> values = new HashMap<>();
    values.put("balancers", balancers);
    values.put("agents", agents);
    values.put("instances", instances);
    values.put("entry", 800.0);
    values.put("seconds", 30.0);
    return ConsulLoad.of(values);
  }

  @Test
  void eachBalancerIsSentTheWholeAnswerOnceForAChange() {
    assertThat(load(10, 10, 100).answers()).isEqualTo(10 * 30);
    assertThat(load(10, 10, 100).agentBytesOfAChange())
        .isCloseTo(10 * 80_000, Percentage.withPercentage(5));
  }

  @Test
  void theServersSendWholeAnswersOnlyWhileNothingChanges() {
    assertThat(load(10, 10, 1000).serverBytesOfAChange())
        .isEqualTo(load(10, 10, 100).serverBytesOfAChange())
        .isLessThan(20_000);
    assertThat(load(10, 10, 1000).serverBytesOfACalmSecond())
        .isCloseTo(10 * 1.58 * 800_000 / 25.8, Percentage.withPercentage(2));
  }

  @Test
  void whatFeedsTheViewsDependsOnTheAgentsAndTheRestOnTheBalancers() {
    double view = 0.8 * 800;
    assertThat(load(10, 10, 100).serverBytesOfAChange())
        .isCloseTo(load(10, 1, 100).serverBytesOfAChange() + 9 * view, within(1.0));
    assertThat(load(10, 1, 100).agentBytesOfAChange())
        .isEqualTo(load(10, 10, 100).agentBytesOfAChange());
  }

  @Test
  void agentsOfTheirOwnWordTheirAnswersAtTheSameTime() {
    assertThat(load(10, 1, 10_000).meanDelay()).isGreaterThan(3 * load(10, 10, 10_000).meanDelay());
  }
}
