package dev.rollcall.lb.template;

/**
 * Makes a value that nobody vouches for fit to stand in a log line: short, printable, on one line.
 */
public final class PrintableText {
  private static final int LONGEST = 80;

  private PrintableText() {}

  /**
   * The text with every unprintable or non-ASCII character as <code>&#92;uXXXX</code>, cut at 80
   * characters.
   */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length() && shown.length() < LONGEST; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c < 0x7f) {
        shown.append(c);
      } else {
        shown.append("\\u").append(String.format("%04x", (int) c));
      }
    }
    return shown.length() < LONGEST ? shown.toString() : shown.substring(0, LONGEST) + "…";
  }
}
