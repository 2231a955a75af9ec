package dev.rollcall.lb.config;

import java.util.Map;
import java.util.TreeMap;

/** The keywords of a server line that are changed at run time, for tests with a real HAProxy. */
public final class ServerKeywords {

  private ServerKeywords() {}

  /** All of them, each with whether it has a value. */
  public static Map<String, Boolean> all() {
    Map<String, Boolean> keywords = new TreeMap<>();
    ServerOptions.KEYWORDS.forEach((word, keyword) -> keywords.put(word, keyword.value() != null));
    return keywords;
  }
}
