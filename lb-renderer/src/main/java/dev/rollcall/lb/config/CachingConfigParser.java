package dev.rollcall.lb.config;

import java.util.HashMap;
import java.util.Map;

/**
 * Parses configurations of which each is much like the one before: lines that the last one had too
 * are not parsed again, and are the same objects, so that comparing thousands of them costs little.
 * Holds the last two configurations. Used by one thread at a time.
 */
public final class CachingConfigParser {

  private record Known(String text, HaproxyConfig config) {}

  private static final Known NOTHING = new Known("", HaproxyConfig.parse(""));

  private Known last = NOTHING;
  private Known before = NOTHING;
  private Map<String, ConfigLine> lines = Map.of();

  /** As {@link HaproxyConfig#parse} does. */
  public HaproxyConfig parse(String text) {
    if (text.equals(last.text())) {
      return last.config();
    }
    if (text.equals(before.text())) {
      return before.config();
    }
    Map<String, ConfigLine> known = lines;
    Map<String, ConfigLine> now = new HashMap<>();
    HaproxyConfig config =
        HaproxyConfig.parse(
            text,
            raw ->
                now.computeIfAbsent(
                    raw,
                    unread ->
                        known.containsKey(unread) ? known.get(unread) : ConfigLine.parse(unread)));
    lines = now;
    before = last;
    last = new Known(text, config);
    return config;
  }
}
