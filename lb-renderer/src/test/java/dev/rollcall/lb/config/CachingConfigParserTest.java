package dev.rollcall.lb.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.config.HaproxyConfig.CachingConfigParser;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CachingConfigParserTest {
  private final CachingConfigParser reader = new CachingConfigParser();

  private static String pool(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> "  server s" + i + " 10.0.0." + i + ":80 check\n")
        .collect(Collectors.joining("", "backend web\n", ""));
  }

  private static ConfigLine server(HaproxyConfig config, String name) {
    return config.sections().get(0).lines().stream()
        .filter(line -> line.word(1).equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void equalsWhatHaproxyConfigParses() {
    for (String text : List.of(pool(0, 3), "", pool(1, 4), pool(1, 4), pool(0, 3), "a # b\n\\")) {
      assertThat(reader.parse(text)).isEqualTo(HaproxyConfig.parse(text));
    }
  }

  @Test
  void lineOfTheLastConfigurationIsTheSameObject() {
    HaproxyConfig one = reader.parse(pool(0, 3));
    HaproxyConfig other = reader.parse(pool(1, 4));
    assertThat(server(other, "s2")).isSameAs(server(one, "s2"));
  }

  @Test
  void lastTwoConfigurationsAreNotParsedAgain() {
    HaproxyConfig one = reader.parse(pool(0, 3));
    HaproxyConfig other = reader.parse(pool(1, 4));
    assertThat(reader.parse(pool(0, 3))).isSameAs(one);
    assertThat(reader.parse(pool(1, 4))).isSameAs(other);
  }

  @Test
  void linesOfOlderConfigurationsAreForgotten() {
    ConfigLine first = server(reader.parse(pool(0, 3)), "s0");
    reader.parse(pool(1, 4));
    reader.parse(pool(2, 5));
    assertThat(server(reader.parse(pool(0, 3)), "s0")).isEqualTo(first).isNotSameAs(first);
  }
}
