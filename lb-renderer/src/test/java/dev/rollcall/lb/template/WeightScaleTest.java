package dev.rollcall.lb.template;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.template.InstanceContext.WeightScale;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WeightScaleTest {
  private static List<Integer> scaled(Integer... weights) {
    WeightScale scale = WeightScale.of(List.of(weights));
    return Arrays.stream(weights).map(scale::scale).toList();
  }

  @Test
  void keepsWeightsInHaproxysRange() {
    assertThat(scaled()).isEmpty();
    assertThat(scaled(0, 1, 100, 256)).containsExactly(0, 1, 100, 256);
    assertThat(scaled(0, 0)).containsExactly(0, 0);
  }

  @Test
  void keepsTheRatioOfWeightsThatAreTooHigh() {
    assertThat(scaled(300, 100)).containsExactly(256, 85);
    assertThat(scaled(300, 300)).containsExactly(256, 256);
    assertThat(scaled(512, 256, 128)).containsExactly(256, 128, 64);
    assertThat(scaled(65_535, 32_768)).containsExactly(256, 128);
  }

  @Test
  void positiveWeightStaysPositiveAndZeroStaysZero() {
    assertThat(scaled(65_535, 1, 0)).containsExactly(256, 1, 0);
    assertThat(scaled(Integer.MAX_VALUE, 1)).containsExactly(256, 1);
  }
}
