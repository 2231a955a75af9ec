package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceDefinitionTest {

  @Test
  void theIdIsUniqueForHostAndPort() {
    assertThat(ServiceDefinition.named("web").port(8080).build().id())
        .matches("web-[a-z0-9-]+-8080");
  }

  @Test
  void thePortIsRequired() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceDefinition.named("web").build())
        .withMessage("port is \"0\" but must be: 1 to 65535");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "web?x=1", "a/b", "-a", "a-", "a.b", "a\nb", "é"})
  void aNameIsADnsLabel(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> ServiceDefinition.named(name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a?b", "a/b", "../x", "a%2fb", "a\r\nb", "a#b"})
  void anIdCannotChangeTheMeaningOfAUrl(String id) {
    ServiceDefinition.Builder builder = ServiceDefinition.named("web");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.id(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "a?passing=true", "..", "a&b"})
  void aQueriedNameCannotChangeTheMeaningOfAUrl(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> ServiceQuery.service(name));
  }

  @Test
  void theRestIsCheckedToo() {
    ServiceDefinition.Builder builder = ServiceDefinition.named("web");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.tag(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.tag("a\nb"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.meta("a b", "v"));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.meta("a", "v".repeat(513)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.weight(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.address("a b"));
    assertThatIllegalArgumentException().isThrownBy(() -> HealthCheck.ttl(Duration.ofMillis(999)));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> HealthCheck.ttl(Duration.ofSeconds(5)).deregisterAfter(Duration.ofSeconds(59)));
  }

  @Test
  void theFirstPortByNameIsTheDefaultOneUnlessAnotherIsSaid() {
    ServiceDefinition first =
        ServiceDefinition.named("shop").namedPort("http", 80).namedPort("grpc", 90).build();
    assertThat(first.port()).isEqualTo(80);
    assertThat(first.ports()).containsExactlyInAnyOrderEntriesOf(Map.of("http", 80, "grpc", 90));
    assertThat(
            ServiceDefinition.named("shop")
                .namedPort("http", 80)
                .namedPort("grpc", 90)
                .port(90)
                .build()
                .tags(List.of("a"))
                .weights(2, 1))
        .satisfies(
            other -> {
              assertThat(other.port()).isEqualTo(90);
              assertThat(other.ports()).isEqualTo(first.ports());
            });
  }

  @Test
  void thePortHasExactlyOneNameWhereOthersHave() {
    for (ServiceDefinition.Builder wrong :
        List.of(
            ServiceDefinition.named("shop").port(80).namedPort("grpc", 90),
            ServiceDefinition.named("shop").namedPort("a", 80).namedPort("b", 80))) {
      assertThatIllegalArgumentException()
          .isThrownBy(wrong::build)
          .withMessageStartingWith("port 80 must have one name");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceDefinition.named("shop").namedPort("a b", 80));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceDefinition.named("shop").namedPort("http", 0))
        .withMessageStartingWith("port http is \"0\"");
  }

  @Test
  void consulTakes64PairsOfMetadata() {
    ServiceDefinition.Builder builder = ServiceDefinition.named("web").port(80);
    for (int i = 0; i < 65; i++) {
      builder.meta("k" + i, "v");
    }
    assertThatIllegalArgumentException().isThrownBy(builder::build).withMessageContaining("64");
  }

  @Test
  void nameAndTagsAreReadFromTheEnvironment() {
    ServiceDefinition read =
        ServiceDefinition.builder(
                Map.of("SERVICE_NAME", " shop ", "SERVICE_TAGS", " java, ,eu , java"), "web")
            .port(80)
            .build();
    assertThat(read.name()).isEqualTo("shop");
    assertThat(read.tags()).containsExactly("java", "eu");

    ServiceDefinition absent =
        ServiceDefinition.builder(Map.of("SERVICE_NAME", "  "), "web").port(80).build();
    assertThat(absent.name()).isEqualTo("web");
    assertThat(absent.tags()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"SERVICE_NAME, two words", "SERVICE_TAGS, 'java,new\nline'"})
  void aWrongVariableIsOneLineThatNamesIt(String variable, String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ServiceDefinition.builder(Map.of(variable, value), "web"))
        .withMessageStartingWith(variable + " is \"")
        .withMessageNotContaining("\n");
  }
}
