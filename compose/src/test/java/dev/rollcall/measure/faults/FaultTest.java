package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void eachFaultHasANameOfItsOwn() {
    assertThat(Fault.all()).extracting(Fault::name).doesNotHaveDuplicates();
  }

  /** A seed draws by the place in this list: what is new belongs at its end, or seeds change. */
  @Test
  void theListIsTheOneThatSeedsDrawFrom() {
    assertThat(Fault.all().stream().filter(Fault::inSoak).map(Fault::name))
        .containsExactly(
            "clock",
            "consul",
            "restart",
            "renderer",
            "hostile",
            "flap",
            "worker",
            "haproxy",
            "disk",
            "readonly",
            "cut",
            "apart",
            "kill",
            "freeze",
            "unwell",
            "scale",
            "drain",
            "rolling",
            "update",
            "plain",
            "settings",
            "balancer",
            "edit",
            "bad");
  }

  @Test
  void onlyNodesThatDieAndHaproxyItselfMayCostRequests() {
    assertThat(Fault.all().stream().filter(fault -> fault.getMayFail() != 0).map(Fault::name))
        .containsExactly("worker", "haproxy", "freeze", "balancer");
    assertThat(Fault.all().stream().filter(fault -> fault.postMayFail() != 0).map(Fault::name))
        .containsExactly("worker", "haproxy", "kill", "freeze", "balancer");
  }
}
