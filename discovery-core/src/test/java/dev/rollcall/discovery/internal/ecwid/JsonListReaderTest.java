package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonListReaderTest {

  private final List<String> readElements = new ArrayList<>();
  private final JsonListReader<String> reader =
      new JsonListReader<>(
          element -> {
            String text = element.value().toString();
            readElements.add(text);
            return text;
          });

  private List<String> read(String list) {
    try {
      return reader.read(new ByteArrayInputStream(list.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "an element that is added first     | [1,2,3]       | [0,1,2,3]         | 0",
        "an element that is added between   | [1,2,3]       | [1,2,9,3]         | 9",
        "an element that is added last      | [1,2,3]       | [1,2,3,4]         | 4",
        "one that changed                   | [{\"a\":1},2] | [{\"a\":1},3]     | 3",
        "one that changed in the middle     | [1,{\"a\":1},2] | [1,{\"a\":5},2] | {\"a\":5}",
        "nothing but the others have moved  | [11,12,13]    | [11,13]           | ''",
        "one that comes earlier than before  | [11,12,13,14] | [11,14,13]        | 13",
        "one in another's place             | [1,2,3]       | [1,9,3]           | 9",
        "two of one length                  | [11,12,13]    | [13,14,15,11]     | 14 15 11",
        "nothing of the same bytes          | [1,2]         | [1,2]             | ''",
        "all, where all are new             | [1,2]         | [3,4]             | 3 4",
      })
  void readsAgainOnly(String what, String before, String after, String again) {
    read(before);
    readElements.clear();
    assertThat(read(after)).as(what).isEqualTo(reference(after));
    assertThat(String.join(" ", readElements)).isEqualTo(again);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[1,2,3,4]|[1,\"2,3,4]\"]",
        "[1,\"2,3,4\",5]|[1,2,3,4,5]",
        "[1,[2],3]|[1,[2,3],3]",
        "[1,2,3]|[1,[2,3]]",
        "[1,2,3]|[]",
        "[]|[ ]",
        "[ ]|[[]]",
        "[\"a\\\\\",\"b\"]|[\"a\\\"\",\"b\"]",
        "[1,1,1,1]|[1,1,1]",
        "[1,1,1]|[1,1,1,1]",
        "[1,2]|\t[ 1 , 2 ]\n",
      })
  void changedDelimitersGiveWhatFollowsAnotherMeaning(String before, String after) {
    assertThat(read(before)).isEqualTo(reference(before));
    assertThat(read(after)).isEqualTo(reference(after));
    assertThat(read(before)).isEqualTo(reference(before));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "null", "{}", "1", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[1]2", "[1]]",
        "[1}", "[{]", "[}]", "[\"a]", "[\"a\\", "[a:b]", "[1,,2]"
      })
  void whatIsNoListIsRefusedAndWhatIsKnownStays(String wrong) {
    assertThatThrownBy(() -> read(wrong)).isInstanceOf(JsonParseException.class);
    read("[1,2]");
    assertThatThrownBy(() -> read(wrong)).isInstanceOf(JsonParseException.class);
    readElements.clear();
    assertThat(read("[1,2,3]")).containsExactly("1", "2", "3");
    assertThat(readElements).containsExactly("3");
  }

  @Test
  void aListThatHasNotChangedIsTheSameObject() {
    for (String list : List.of("[]", "[1,2]")) {
      assertThat(read(list)).isSameAs(read(list));
    }
  }

  @Test
  void whereTheOrderChangedAFewElementsAreReadAgainAndAllAreKnown() {
    List<String> elements = IntStream.range(100, 200).mapToObj(String::valueOf).toList();
    read("[" + String.join(",", elements) + "]");
    readElements.clear();
    List<String> reversed = new ArrayList<>(elements);
    Collections.reverse(reversed);
    String list = "[" + String.join(",", reversed) + "]";
    assertThat(read(list)).isEqualTo(reference(list));
    assertThat(readElements).hasSize(8);
  }

  @Test
  void aListIsReadInWhateverPiecesItComes() throws IOException {
    String longOne = "\"" + "é\\\"]".repeat(20_000) + "\"";
    for (String list : List.of("[" + longOne + ",1]", "[1," + longOne + "]", "[" + longOne + "]")) {
      for (int piece : new int[] {1, 7, 8192}) {
        byte[] bytes = list.getBytes(StandardCharsets.UTF_8);
        InputStream slow =
            new ByteArrayInputStream(bytes) {
              @Override
              public synchronized int read(byte[] into, int from, int length) {
                return super.read(into, from, Math.min(length, piece));
              }
            };
        assertThat(reader.read(slow)).isEqualTo(reference(list));
      }
    }
  }

  @Test
  void readsWhatAParserOfTheWholeReadsWhateverChanged() {
    Random random = new Random(7);
    List<String> elements = new ArrayList<>();
    for (int round = 0; round < 3000; round++) {
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = random.nextInt(elements.size() + 1);
        if (at < elements.size() && random.nextInt(3) == 0) {
          elements.remove(at);
        } else if (at < elements.size() && random.nextBoolean()) {
          elements.set(at, element(random));
        } else {
          elements.add(at, element(random));
        }
      }
      String list = "[" + String.join(",", elements) + "]";
      assertThat(read(list)).isEqualTo(reference(list));
      while (elements.size() > 12) {
        elements.remove(random.nextInt(elements.size()));
      }
    }
  }

  private static String element(Random random) {
    String[] some = {
      "1",
      "11",
      "\"\"",
      "\",\"",
      "\"]\"",
      "\"[\"",
      "\"\\\"\"",
      "\"\\\\\"",
      "[]",
      "[1,2]",
      "{}",
      "{\"a\":\",\",\"b\":[1]}",
      "\"ä\"",
      "\"é,\"",
      "null",
      "{\"a\":\"}\"}"
    };
    return some[random.nextInt(some.length)];
  }

  private static List<String> reference(String list) {
    JsonArray array = JsonParser.parseString(list).getAsJsonArray();
    return array.asList().stream().map(Object::toString).toList();
  }
}
