package dev.rollcall.measure.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SystemUnderTestTest {
  @Test
  void countsEachNodeOnceAndNoOtherInstance() {
    String health =
        """
        [{"Service": {"ID": "web-a"}}, {"Service": {"ID": "web-a"}}, {"Service": {"ID": "web-b"}},
         {"Service": {"ID": "flap-1"}}]
        """;

    assertThat(SystemUnderTest.instances(health)).isEqualTo(2);
  }

  @Test
  void anAnswerThatIsNoListHasNoInstances() {
    assertThat(SystemUnderTest.instances("")).isZero();
    assertThat(SystemUnderTest.instances("No cluster leader")).isZero();
  }

  @Test
  void theServersOfThePoolAreThoseOfItsBackendAlone() {
    String statistics =
        """
        # pxname,svname,status,addr,-,
        stats,FRONTEND,OPEN,,,
        web,web-1,UP,198.18.0.5:8080,,
        web,web-2,DOWN,198.18.0.6:8080,"a, b",
        web,BACKEND,UP,,,
        """;

    assertThat(SystemUnderTest.servers(statistics))
        .extracting(server -> server.get("addr"))
        .containsExactly("198.18.0.5:8080", "198.18.0.6:8080");
  }
}
