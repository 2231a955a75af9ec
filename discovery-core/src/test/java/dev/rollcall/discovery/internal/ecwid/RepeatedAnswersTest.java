package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was read before may save work, and must never show in what is read. */
class RepeatedAnswersTest {

  /** What anybody may have written between good entries, and what looks like the end of one. */
  private static final List<String> ODD =
      List.of(
          "null",
          "7",
          "70",
          "[]",
          "[{}]",
          "{}",
          "\"]},{\"",
          entry("brace\\\"}]{[", 1),
          "{\"ID\":{}}");

  private static String entry(String id, int port) {
    return """
        {"Node": {"Node": "n", "Address": "198.18.0.1"},
         "Service": {"ID": "%s", "Service": "web", "Port": %d}, "Checks": [{"Output": "]}\\\\"}]}"""
        .formatted(id, port);
  }

  private static Body list(List<String> entries) {
    return Body.of(" [ " + String.join(" , ", entries) + " ] \n");
  }

  @Test
  void whatHasNotChangedIsNotReadAgain() {
    HealthJson reader = new HealthJson();
    List<String> entries = new ArrayList<>(List.of(entry("a", 1), entry("b", 2), entry("c", 3)));
    List<ServiceInstance> before = reader.read(list(entries)).instances();

    entries.set(1, entry("b", 20));
    List<ServiceInstance> changed = reader.read(list(entries)).instances();
    assertThat(changed.get(1).port()).isEqualTo(20);
    assertThat(changed.get(0)).isSameAs(before.get(0));
    assertThat(changed.get(2)).isSameAs(before.get(2));

    entries.add(1, entry("aa", 5));
    List<ServiceInstance> joined = reader.read(list(entries)).instances();
    assertThat(joined).extracting(ServiceInstance::id).containsExactly("a", "aa", "b", "c");
    assertThat(joined.get(2)).isSameAs(changed.get(1));
    assertThat(joined.get(3)).isSameAs(before.get(2));

    entries.subList(0, 2).clear();
    List<ServiceInstance> left = reader.read(list(entries)).instances();
    assertThat(left).extracting(ServiceInstance::id).containsExactly("b", "c");
    assertThat(left.get(1)).isSameAs(before.get(2));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void afterWhateverChangesItReadsWhatOneReadsWhoNeverReadBefore(long seed) {
    Random random = new Random(seed);
    HealthJson reader = new HealthJson();
    List<String> entries = new ArrayList<>();
    for (int turn = 0; turn < 300; turn++) {
      for (int change = random.nextInt(4); change > 0; change--) {
        change(entries, random);
      }
      Body body = list(entries);
      HealthJson.Reading read = reader.read(body);
      assertThat(read).isEqualTo(new HealthJson().read(body));
    }
  }

  private static void change(List<String> entries, Random random) {
    int place = random.nextInt(entries.size() + 1);
    String entry =
        random.nextInt(4) == 0
            ? ODD.get(random.nextInt(ODD.size()))
            : entry("i" + random.nextInt(12), 1 + random.nextInt(3));
    if (place == entries.size() || random.nextInt(3) == 0) {
      entries.add(place, entry);
    } else if (random.nextBoolean()) {
      entries.set(place, entry);
    } else {
      entries.remove(place);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[",
        "[%s",
        "[%s,",
        "[%s %s]",
        "[%s}]",
        "[%sx]",
        "[%s]]",
        "[%s] []",
        "[%s,\"]",
        "{%s}",
        "[%s,[}]",
        "[%s,{\"a\" 1}]",
        "[\"\\"
      })
  void whatIsBrokenIsRefusedAlsoAfterAGoodAnswerAndDoesNotSpoilTheNext(String form) {
    String good = entry("a", 1);
    HealthJson reader = new HealthJson();
    HealthJson.Reading first = reader.read(list(List.of(good)));
    String broken = form.replace("%s", good);
    assertThatThrownBy(() -> reader.read(Body.of(broken))).isInstanceOf(JsonParseException.class);
    assertThat(reader.read(list(List.of(good)))).isEqualTo(first);
  }

  @Test
  void deepNestingIsRefusedAndEndsNothing() {
    String deep = "[" + "[".repeat(1_000_000) + "]".repeat(1_000_000) + "]";
    assertThatThrownBy(() -> new HealthJson().read(Body.of(deep)))
        .isInstanceOf(JsonParseException.class);
  }
}
