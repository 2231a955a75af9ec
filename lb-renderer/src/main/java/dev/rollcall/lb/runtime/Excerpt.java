package dev.rollcall.lb.runtime;

/** Text from outside, made fit for one line of a message. */
final class Excerpt {

  private static final int LONGEST = 200;

  private Excerpt() {}

  /** The text in quotes: cut when long, and with a dot for each control character. */
  static String of(String text) {
    String head = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    return "\"" + head.replaceAll("\\p{Cntrl}", ".") + "\"";
  }
}
