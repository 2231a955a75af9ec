package dev.rollcall.lb.config;

/** Makes text from outside fit for one line of a log or a message: short and printable. */
public final class PrintableText {
  private static final int LONGEST = 80;
  private static final int LONGEST_QUOTED = 200;

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

  /** The text in quotes, cut at 200 characters, with a dot for each control character. */
  public static String quoted(String text) {
    String head = text.length() > LONGEST_QUOTED ? text.substring(0, LONGEST_QUOTED) + "…" : text;
    return "\"" + head.replaceAll("\\p{Cntrl}", ".") + "\"";
  }
}
