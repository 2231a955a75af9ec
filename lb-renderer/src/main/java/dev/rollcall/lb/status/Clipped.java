package dev.rollcall.lb.status;

/** Keeps what others wrote from filling an answer: ids, reasons and messages have no length. */
final class Clipped {
  private static final int LONGEST = 300;

  private Clipped() {}

  /** The text, cut at 300 characters and never within a surrogate pair. */
  static String of(String text) {
    if (text.length() <= LONGEST) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
    return text.substring(0, end) + "…";
  }
}
