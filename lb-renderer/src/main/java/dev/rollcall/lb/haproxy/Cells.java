package dev.rollcall.lb.haproxy;

import java.util.Arrays;

/**
 * The cells of one line at a time, parted by blanks. A line of HAProxy's tables has dozens, of
 * which few are looked at, and there may be thousands of lines: so only what is asked for becomes a
 * text. Not thread-safe.
 */
final class Cells {

  private String line = "";
  private int[] bounds = new int[64];
  private int count;

  /** Takes the place of the line before. */
  void read(String next) {
    line = next;
    count = 0;
    int at = 0;
    while (true) {
      while (at < line.length() && isBlank(line.charAt(at))) {
        at++;
      }
      if (at == line.length()) {
        return;
      }
      int from = at;
      while (at < line.length() && !isBlank(line.charAt(at))) {
        at++;
      }
      if (2 * count == bounds.length) {
        bounds = Arrays.copyOf(bounds, 2 * bounds.length);
      }
      bounds[2 * count] = from;
      bounds[2 * count + 1] = at;
      count++;
    }
  }

  int count() {
    return count;
  }

  /** The cell at a place, counted from 0. */
  String at(int place) {
    return line.substring(bounds[2 * place], bounds[2 * place + 1]);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\r' || c == '\t';
  }
}
