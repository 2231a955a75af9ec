package dev.rollcall.discovery.internal.ecwid;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BodyTest {

  /** Gives a few bytes at a time, as a network does. */
  private static InputStream dripping(String text, int most) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)) {
      @Override
      public synchronized int read(byte[] buffer, int from, int length) {
        return super.read(buffer, from, Math.min(length, most));
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8 * 1024, 100_000})
  void theSameBytesAreTheSameBody(int drip) throws IOException {
    String text = "ü".repeat(20_000);
    Body first = Body.read(dripping(text, drip), Body.NONE);
    assertThat(first.text()).isEqualTo(text);
    assertThat(Body.read(dripping(text, drip), first)).isSameAs(first);
  }

  @ParameterizedTest
  @CsvSource({"abc, abd", "abc, ab", "ab, abc", "'', abc", "abc, ''", "abc, xyz"})
  void otherBytesAreAnotherBodyAndTheEarlierOneStays(String before, String after)
      throws IOException {
    for (int times : new int[] {1, 10_000}) {
      String one = before.repeat(times) + before;
      String two = before.repeat(times) + after;
      Body earlier = Body.read(dripping(one, 1000), Body.NONE);
      Body later = Body.read(dripping(two, 1000), earlier);
      assertThat(later).isNotSameAs(earlier);
      assertThat(later.text()).isEqualTo(two);
      assertThat(later.length()).isEqualTo(two.length());
      assertThat(earlier.text()).isEqualTo(one);
      assertThat(Body.read(dripping(one, 1000), later).text()).isEqualTo(one);
    }
  }
}
