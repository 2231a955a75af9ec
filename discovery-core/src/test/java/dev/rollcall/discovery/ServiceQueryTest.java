package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceQueryTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "web",
        "we.b_1",
        "web:grpc",
        "web@dc2",
        "web:grpc@dc2",
        "web@east.peer",
        "web:grpc@east.peer",
        "web@peer",
      })
  void aLabelIsReadAndWrittenAlike(String label) {
    assertThat(ServiceQuery.parse(label).label()).isEqualTo(label);
  }

  @Test
  void aLabelSaysServicePortAndPlace() {
    assertThat(ServiceQuery.parse("web:grpc@dc2"))
        .isEqualTo(ServiceQuery.service("web").port("grpc").datacenter("dc2"));
    assertThat(ServiceQuery.parse("web@east.peer"))
        .isEqualTo(ServiceQuery.service("web").peer("east"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "@dc2",
        "web@",
        "web:",
        "web:@dc2",
        "web@dc2@dc3",
        "web:a:b",
        "web@a.b",
        "web@.peer",
        "web@dc2:grpc",
        "web@a/b",
        "web@dc2?x",
        "web&stale",
        "we b",
        "web\n"
      })
  void whatIsNoLabelIsRefusedInOneLine(String label) {
    assertThatThrownBy(() -> ServiceQuery.parse(label))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .hasLineCount(1);
  }

  @Test
  void aPeerInAnotherDatacenterIsRefused() {
    assertThatThrownBy(() -> ServiceQuery.service("web").peer("east").datacenter("dc2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name a peer or a datacenter");
  }

  @Test
  void eachOptionLeavesTheOthersAsTheyAre() {
    ServiceQuery all =
        ServiceQuery.service("web")
            .worst(HealthStatus.WARNING)
            .tag("b")
            .tag("a")
            .filter("x == 1")
            .datacenter("dc2")
            .port("grpc")
            .taggedAddress("wan")
            .withProxies()
            .near("_agent")
            .consistency(Consistency.STALE)
            .viaCache()
            .confirmingEmpty();
    assertThat(all.toString())
        .isEqualTo(
            "ServiceQuery[service=web, worst=WARNING, tags=[a, b], filter=Optional[x == 1],"
                + " datacenter=Optional[dc2], peer=Optional.empty, port=Optional[grpc],"
                + " taggedAddress=Optional[wan], proxies=true, near=Optional[_agent],"
                + " consistency=STALE, cached=true, confirmEmpty=true]");
  }
}
