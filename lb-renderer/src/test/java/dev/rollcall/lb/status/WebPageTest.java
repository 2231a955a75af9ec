package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.status.StatusServer.Response;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WebPageTest {
  private static Response file(String path) {
    return Objects.requireNonNull(StatusPages.files().get(path), path).handle();
  }

  private static Stream<String> paths(String type) {
    return StatusPages.files().keySet().stream()
        .filter(path -> file(path).contentType().startsWith(type));
  }

  private static Stream<String> named(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1));
  }

  @Test
  void servesEveryFileThatItNames() {
    assertThat(named(file("/").body(), "(?:src|href)=\"([\\w.]+)\"").map(name -> "/" + name))
        .contains("/page.css", "/page.js", "/icon.svg", "/status", "/metrics")
        .filteredOn(path -> !path.equals("/status") && !path.equals("/metrics"))
        .allSatisfy(path -> assertThat(StatusPages.files()).containsKey(path));
    assertThat(
            paths("text/javascript")
                .flatMap(path -> named(file(path).body(), "from \"\\./([\\w.]+)\""))
                .map(name -> "/" + name))
        .isNotEmpty()
        .allSatisfy(path -> assertThat(StatusPages.files()).containsKey(path));
  }

  @Test
  void hasNothingThatItsOwnPolicyForbids() {
    assertThat(file("/").body())
        .doesNotContainPattern("<script(?![^>]*src=)")
        .doesNotContainPattern("(?i)\\s(style|on\\w+)=")
        .doesNotContain("://");
    assertThat(paths("text/javascript"))
        .isNotEmpty()
        .allSatisfy(
            path ->
                assertThat(file(path).body())
                    .doesNotContainPattern(
                        "innerHTML|outerHTML|insertAdjacentHTML|eval\\(|new Function"));
  }

  @Test
  void isLight() {
    assertThat(
            StatusPages.files().keySet().stream()
                .mapToInt(path -> file(path).body().length())
                .sum())
        .isLessThan(40_000);
  }
}
