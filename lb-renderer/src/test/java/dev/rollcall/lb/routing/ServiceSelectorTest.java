package dev.rollcall.lb.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceSelectorTest {
  private static ServiceSelector of(List<String> names, String... tags) {
    return new ServiceSelector(names, Set.of(tags), 3);
  }

  private static Map<String, List<String>> there(String... services) {
    Map<String, List<String>> there = new HashMap<>();
    for (String service : services) {
      there.put(service, List.of());
    }
    return there;
  }

  @ParameterizedTest
  @CsvSource({
    "web, web, true",
    "web, web2, false",
    "web, Web, false",
    "shop-*, shop-, true",
    "shop-*, shop-cart, true",
    "shop-*, my-shop-cart, false",
    "*, anything, true",
    "*-v*-x, a-v2-x, true",
    "*-v*-x, a-v2-y, false",
    "a*b*c, abbbc, true",
    "a*b*c, acb, false",
    "a.b, axb, false",
    "**, x, true",
  })
  void aPatternMatchesTheWholeName(String pattern, String name, boolean matches) {
    assertThat(of(List.of(pattern)).matches(name, List.of())).isEqualTo(matches);
  }

  @Test
  void withoutARuleNothingIsSelected() {
    assertThat(ServiceSelector.NONE.select(there("web", "shop"), Set.of()).services()).isEmpty();
    assertThat(ServiceSelector.NONE.select(there("web", "a b"), Set.of()).refused()).isEmpty();
  }

  @Test
  void nameAndTagMustBothHold() {
    Map<String, List<String>> there =
        Map.of("web", List.of("public"), "web-b", List.of("x"), "api", List.of("public"));
    assertThat(of(List.of("web*"), "public").select(there, Set.of()).services())
        .containsExactly("web");
    assertThat(of(List.of(), "public", "x").select(there, Set.of()).services())
        .containsExactly("api", "web", "web-b");
  }

  @Test
  void consulItselfIsNeverSelectedNorNamed() {
    ServiceSelector.Selection selection = of(List.of("*")).select(there("consul", "web"), Set.of());
    assertThat(selection.services()).containsExactly("web");
    assertThat(selection.refused()).isEmpty();
  }

  @Test
  void aNameThatHaproxyCannotHaveIsRefusedAndHurtsNobody() {
    ServiceSelector.Selection selection =
        of(List.of("*")).select(there("a b", "-x", "web", "x".repeat(101), "ü"), Set.of());
    assertThat(selection.services()).containsExactly("web");
    assertThat(selection.refused()).containsOnlyKeys("a b", "-x", "x".repeat(101), "ü");
  }

  @Test
  void ofNamesThatDifferInCaseTheKnownOneStays() {
    ServiceSelector all = of(List.of("*"));
    assertThat(all.select(there("web", "WEB"), Set.of("web")).services()).containsExactly("web");
    assertThat(all.select(there("web", "WEB"), Set.of("web")).refused()).containsOnlyKeys("WEB");
  }

  @Test
  void thoseThatAreSelectedStayWhenThereAreTooMany() {
    ServiceSelector.Selection selection =
        of(List.of("*")).select(there("a", "b", "c", "y", "z"), Set.of("y", "z"));
    assertThat(selection.services()).containsExactly("a", "y", "z");
    assertThat(selection.refused())
        .containsOnlyKeys("b", "c")
        .containsEntry("b", "there are 3 services already, see --max-services");
  }
}
