package dev.rollcall.discovery.internal.ecwid;

import com.google.gson.JsonParseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Reads JSON lists of which each is, but for a few elements, the one before: as a service of 5,000
 * instances to which one is added. An element is read again only if it lies between the first and
 * the last byte that changed. Not thread-safe.
 *
 * @param <T> what an element means
 */
final class JsonListReader<T> {

  private final Function<LenientJson, T> meaning;

  /** The last list that was read. */
  private byte[] content = {};

  private List<Element<T>> elements = List.of();

  /**
   * An element, from the byte {@code start} to the one before {@code end}, which is a delimiter.
   */
  private record Element<T>(int start, int end, T meaning) {}

  JsonListReader(Function<LenientJson, T> meaning) {
    this.meaning = meaning;
  }

  /**
   * What the elements mean, in their order.
   *
   * @param next in UTF-8; not to be changed later
   * @throws JsonParseException if it is no list
   */
  List<T> read(byte[] next) {
    elements = elementsOf(next);
    content = next;
    return elements.stream().map(Element::meaning).toList();
  }

  /** Takes the elements before and after the bytes that changed as they are, and reads the rest. */
  private List<Element<T>> elementsOf(byte[] next) {
    int commonStart = Math.max(0, Arrays.mismatch(content, next));
    int commonEnd = commonEnd(next, commonStart);
    int first = 0;
    while (first < elements.size() && elements.get(first).end < commonStart) {
      first++;
    }
    int last = elements.size();
    while (last > first && elements.get(last - 1).start >= content.length - commonEnd) {
      last--;
    }
    List<Element<T>> all = new ArrayList<>(elements.subList(0, first));
    int moved = next.length - content.length;
    int end = last == elements.size() ? next.length : elements.get(last).start + moved;
    if (readInto(all, next, end)) {
      for (Element<T> each : elements.subList(last, elements.size())) {
        all.add(new Element<>(each.start + moved, each.end + moved, each.meaning));
      }
    } else {
      // A quote or bracket among the bytes that changed gives another meaning to those after them.
      all.subList(first, all.size()).clear();
      readInto(all, next, next.length);
    }
    return all;
  }

  /** How many bytes at the end are the same, without those of the common start. */
  private int commonEnd(byte[] next, int commonStart) {
    int most = Math.min(content.length, next.length) - commonStart;
    int common = 0;
    for (int block = 1 << 16; block > 0; block >>= 1) {
      while (common + block <= most && endsWithSame(next, common, block)) {
        common += block;
      }
    }
    return common;
  }

  private boolean endsWithSame(byte[] next, int before, int length) {
    int one = content.length - before;
    int other = next.length - before;
    return Arrays.equals(content, one - length, one, next, other - length, other);
  }

  /**
   * Reads the elements after those given, up to {@code end}, which is where the list ends or an
   * element should begin. Returns false if none begins there.
   */
  private boolean readInto(List<Element<T>> all, byte[] list, int end) {
    int at = all.isEmpty() ? firstBracket(list) : all.get(all.size() - 1).end;
    while (list[at] != ']') {
      int start = at + 1;
      if (start >= end && end < list.length) {
        return start == end;
      }
      at = endOfElement(list, start);
      boolean isEmptyList = all.isEmpty() && list[at] == ']' && isBlank(list, start, at);
      if (!isEmptyList) {
        String text = new String(list, start, at - start, StandardCharsets.UTF_8);
        all.add(new Element<>(start, at, meaning.apply(LenientJson.parseStrictly(text))));
      }
    }
    if (!isBlank(list, at + 1, list.length)) {
      throw new JsonParseException("something follows the JSON list");
    }
    return end == list.length;
  }

  private static int firstBracket(byte[] list) {
    int at = 0;
    while (at < list.length && isBlank(list, at, at + 1)) {
      at++;
    }
    if (at == list.length || list[at] != '[') {
      throw new JsonParseException("a JSON list was expected");
    }
    return at;
  }

  /** Where the comma or the bracket after an element is. */
  private static int endOfElement(byte[] list, int start) {
    int depth = 0;
    boolean inText = false;
    for (int at = start; at < list.length; at++) {
      byte each = list[at];
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
    throw new JsonParseException("the JSON list does not end");
  }

  private static boolean isBlank(byte[] list, int start, int end) {
    for (int at = start; at < end; at++) {
      if (list[at] < 0 || list[at] > ' ') {
        return false;
      }
    }
    return true;
  }
}
