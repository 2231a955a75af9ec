package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON lists of which each is, but for a few elements, the one before: as a service of 5,000
 * instances to which one is added. A list is compared with the last one while it comes in, and only
 * elements that the last one did not have are parsed. Not thread-safe.
 *
 * <p>Of an element the length and two checksums, 64 bits together, are kept, not the text. That
 * another text has the same may be brought about on purpose only: by who may write the element, and
 * so says what it means anyway.
 *
 * @param <T> what an element means
 */
final class JsonListReader<T> {

  private static final int SMALLEST_WINDOW = 2 * 1024;
  private static final int LARGEST_WINDOW = 32 * 1024;

  /** How many elements are parsed without a look at all that the last list had. */
  private static final int FEW = 8;

  private final Function<LenientJson, T> meaning;
  private final CRC32 crc32 = new CRC32();
  private final CRC32C crc32c = new CRC32C();

  /** The last list that was read, and how many bytes it had. */
  private List<Element<T>> elements = List.of();

  private List<T> meanings = List.of();
  private long length = LARGEST_WINDOW / 4;

  /** An element of {@code length} bytes, up to its delimiter. */
  private record Element<T>(int length, long checksums, T meaning) {
    boolean is(int otherLength, long otherChecksums) {
      return length == otherLength && checksums == otherChecksums;
    }
  }

  JsonListReader(Function<LenientJson, T> meaning) {
    this.meaning = meaning;
  }

  /**
   * What the elements mean, in their order; the same list as the last time if nothing has changed.
   * Reads to the end. What was read before stays known if it fails.
   *
   * @param list in UTF-8; one that is large is held in memory by an element at a time
   * @throws IOException as reading does
   * @throws JsonParseException if it is no list
   */
  List<T> read(InputStream list) throws IOException {
    Window window = new Window(list, Math.max(SMALLEST_WINDOW, Math.min(LARGEST_WINDOW, length)));
    window.skipBlank();
    if (!window.has(1) || window.byteAt(0) != '[') {
      throw new JsonParseException("a JSON list was expected");
    }
    window.skip(1);
    List<Element<T>> next = elementsOf(window);
    window.skipBlank();
    if (window.has(1)) {
      throw new JsonParseException("something follows the JSON list");
    }
    if (next != elements) {
      elements = next;
      meanings = next.stream().map(Element::meaning).toList();
    }
    length = window.taken;
    return meanings;
  }

  /** The elements up to the bracket that ends the list, which is taken too. */
  private List<Element<T>> elementsOf(Window window) throws IOException {
    // As long as all are those of the last list, in its order, there is none of their own.
    List<Element<T>> next = elements;
    Map<Long, Integer> places = Map.of();
    int parsed = 0;
    int count = 0;
    int expected = 0;
    for (byte delimiter = ','; delimiter == ','; count++) {
      @Nullable Element<T> element = expected < elements.size() ? elements.get(expected) : null;
      if (element == null || !isNext(element, window)) {
        if (next == elements) {
          next = new ArrayList<>(elements.subList(0, count));
        }
        int end = window.endOfElement();
        if (count == 0 && window.byteAt(end) == ']' && window.isBlank(end)) {
          window.skip(end + 1);
          return elements.isEmpty() ? elements : List.of();
        }
        long checksums = checksums(window, end);
        if (parsed == FEW) {
          places = places();
        }
        int near = placeNear(expected, end, checksums);
        Integer place = near < 0 ? places.get(checksums) : Integer.valueOf(near);
        if (place != null && elements.get(place).is(end, checksums)) {
          element = elements.get(place);
          expected = place;
        } else {
          element = new Element<>(end, checksums, meaning.apply(window.parse(end)));
          parsed++;
          // The one that was expected may come after it.
          expected--;
        }
      }
      expected++;
      if (next != elements) {
        next.add(element);
      }
      delimiter = window.byteAt(element.length);
      window.skip(element.length + 1);
    }
    return next == elements && expected < elements.size()
        ? List.copyOf(elements.subList(0, expected))
        : next;
  }

  /** Whether the bytes that come next are those of an element, and end there. */
  private boolean isNext(Element<T> element, Window window) throws IOException {
    int end = element.length;
    return window.has(end + 1)
        && (window.byteAt(end) == ',' || window.byteAt(end) == ']')
        && checksums(window, end) == element.checksums;
  }

  private long checksums(Window window, int end) {
    crc32.reset();
    crc32.update(window.bytes, window.from, end);
    crc32c.reset();
    crc32c.update(window.bytes, window.from, end);
    return crc32.getValue() << 32 | crc32c.getValue();
  }

  /** Where an element is among the next few of the last list; -1 if it is none of them. */
  private int placeNear(int expected, int end, long checksums) {
    for (int at = expected; at < Math.min(expected + FEW, elements.size()); at++) {
      if (elements.get(at).is(end, checksums)) {
        return at;
      }
    }
    return -1;
  }

  /** Where each element of the last list is. */
  private Map<Long, Integer> places() {
    Map<Long, Integer> places = new HashMap<>();
    for (int i = 0; i < elements.size(); i++) {
      places.putIfAbsent(elements.get(i).checksums, i);
    }
    return places;
  }

  /** The part of a list that has come in and is not taken yet. */
  private static final class Window {
    private final InputStream in;
    private byte[] bytes;
    private int from;
    private int to;
    private long taken;

    Window(InputStream in, long size) {
      this.in = in;
      bytes = new byte[(int) size];
    }

    /** Whether so many bytes follow; reads on until they do, or the list has ended. */
    boolean has(int count) throws IOException {
      while (to - from < count) {
        if (to == bytes.length && from > 0) {
          System.arraycopy(bytes, from, bytes, 0, to - from);
          to -= from;
          from = 0;
        } else if (to == bytes.length) {
          bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
        int read = in.read(bytes, to, bytes.length - to);
        if (read < 0) {
          return false;
        }
        to += read;
      }
      return true;
    }

    byte byteAt(int index) {
      return bytes[from + index];
    }

    void skip(int count) {
      from += count;
      taken += count;
    }

    void skipBlank() throws IOException {
      while (has(1) && isBlank(1)) {
        skip(1);
      }
    }

    boolean isBlank(int end) {
      for (int at = 0; at < end; at++) {
        if (byteAt(at) < 0 || byteAt(at) > ' ') {
          return false;
        }
      }
      return true;
    }

    /** Where the comma or the bracket after the element that comes next is. */
    int endOfElement() throws IOException {
      int depth = 0;
      boolean inText = false;
      for (int at = 0; has(at + 1); ) {
        byte[] some = bytes;
        int start = from;
        for (int end = to - from; at < end; at++) {
          byte each = some[start + at];
          if (inText) {
            inText = each != '"';
            at += each == '\\' ? 1 : 0;
          } else if (depth == 0 && (each == ',' || each == ']')) {
            return at;
          } else if (each == '"') {
            inText = true;
          } else if (each == '{' || each == '[') {
            depth++;
          } else if (each == '}' || each == ']') {
            depth--;
          }
        }
      }
      throw new JsonParseException("the JSON list does not end");
    }

    LenientJson parse(int end) {
      return LenientJson.parseStrictly(new String(bytes, from, end, StandardCharsets.UTF_8));
    }
  }
}
