package dev.rollcall.discovery.internal.ecwid;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The bytes of an answer. Immutable. */
final class Body {

  static final Body NONE = new Body(new byte[0], 0);

  private static final int PART = 8 * 1024;

  private final byte[] bytes;
  private final int length;

  private Body(byte[] bytes, int length) {
    this.bytes = bytes;
    this.length = length;
  }

  static Body of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new Body(bytes, bytes.length);
  }

  /**
   * Reads to the end. What is the same as an earlier body is that body itself, and takes no memory:
   * most blocking queries end with nothing new.
   */
  static Body read(InputStream in, Body earlier) throws IOException {
    byte[] part = new byte[PART];
    int same = 0;
    for (int got = in.read(part); got >= 0; got = in.read(part)) {
      if (!earlier.has(same, part, got)) {
        return earlier.until(same).plus(part, got, in);
      }
      same += got;
    }
    return earlier.until(same);
  }

  private boolean has(int from, byte[] part, int size) {
    return from + size <= length && Arrays.equals(bytes, from, from + size, part, 0, size);
  }

  private Body until(int end) {
    return end == length ? this : new Body(bytes, end);
  }

  /** As much room as the earlier one took and a little more is likely to do. */
  private Body plus(byte[] part, int size, InputStream in) throws IOException {
    byte[] all = Arrays.copyOf(bytes, Math.max(bytes.length, length + size) + PART);
    System.arraycopy(part, 0, all, length, size);
    int end = length + size;
    for (int got = in.read(all, end, all.length - end); got >= 0; ) {
      end += got;
      if (end == all.length) {
        all = Arrays.copyOf(all, 2 * end);
      }
      got = in.read(all, end, all.length - end);
    }
    boolean roomy = all.length - end > end / 4 + 2 * PART;
    return new Body(roomy ? Arrays.copyOf(all, end) : all, end);
  }

  int length() {
    return length;
  }

  byte at(int index) {
    return bytes[index];
  }

  /** Whether there is at one place what another has between two. */
  boolean repeats(int at, Body other, int from, int to) {
    int end = at + to - from;
    return end <= length && Arrays.equals(bytes, at, end, other.bytes, from, to);
  }

  String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** All of it, to be read as text. */
  Reader reader() {
    return new InputStreamReader(
        new ByteArrayInputStream(bytes, 0, length), StandardCharsets.UTF_8);
  }

  /** All of it as text. */
  String text() {
    return text(0, length);
  }
}
