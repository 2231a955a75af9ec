package dev.rollcall.lb.config;

/** Text from outside, made fit for one line of a message. */
public final class Excerpt {

  private static final int LONGEST = 200;

  private Excerpt() {}

  /** The text in quotes: cut when long, and with a dot for each control character. */
  public static String of(String text) {
    String head = text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
    return "\"" + head.replaceAll("\\p{Cntrl}", ".") + "\"";
  }
}
