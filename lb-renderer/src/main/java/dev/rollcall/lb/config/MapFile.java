package dev.rollcall.lb.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A map file as HAProxy reads it: a key and a value on each line, without comments and blank lines.
 * Immutable.
 *
 * @param path as the configuration names it
 * @param entries in order
 * @param ordered whether HAProxy goes by the order of the entries, whatever their keys
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#7.3.1-map">Configuration manual,
 *     7.3.1, map</a>
 */
public record MapFile(String path, List<Entry> entries, boolean ordered) {

  /**
   * One line. Immutable.
   *
   * @param key without blanks
   * @param value the rest of the line, without blanks around it; may be empty
   */
  public record Entry(String key, String value) {}

  /** Copies the list. */
  public MapFile {
    entries = List.copyOf(entries);
  }

  /**
   * Parses a text as HAProxy does: a line that begins with {@code #} is a comment, blanks around
   * key and value do not count, and a value ends with its line.
   */
  public static MapFile parse(String path, String text, boolean ordered) {
    List<Entry> entries = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      if (line.startsWith("#")) {
        continue;
      }
      int carriageReturn = line.indexOf('\r');
      String rest = trimmed(carriageReturn < 0 ? line : line.substring(0, carriageReturn));
      if (!rest.isEmpty()) {
        int end = firstBlank(rest);
        entries.add(new Entry(rest.substring(0, end), trimmed(rest.substring(end))));
      }
    }
    return new MapFile(path, entries, ordered);
  }

  /** Blanks and tabs only. */
  private static String trimmed(String text) {
    return text.replaceAll("^[ \t]+|[ \t]+$", "");
  }

  private static int firstBlank(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (text.charAt(at) == ' ' || text.charAt(at) == '\t') {
        return at;
      }
    }
    return text.length();
  }

  /** Whether the order of its entries counts: of two with one key, HAProxy finds the first. */
  public boolean orderCounts() {
    return ordered || values(entries).size() < entries.size();
  }

  /** Whether HAProxy, with these entries in this order, answers as with this file. */
  public boolean matches(List<Entry> running) {
    return entries.equals(running)
        || (!orderCounts()
            && running.size() == entries.size()
            && values(running).equals(values(entries)));
  }

  /** The keys that have another value, or are in only one of the two. */
  public Set<String> differences(List<Entry> running) {
    Map<String, String> before = values(running);
    Map<String, String> after = values(entries);
    Set<String> keys = new LinkedHashSet<>(before.keySet());
    keys.addAll(after.keySet());
    keys.removeIf(
        key ->
            before.containsKey(key)
                && after.containsKey(key)
                && before.get(key).equals(after.get(key)));
    return keys;
  }

  /** By key; of two with one key, the first counts. */
  public static Map<String, String> values(List<Entry> entries) {
    Map<String, String> values = new LinkedHashMap<>();
    entries.forEach(entry -> values.putIfAbsent(entry.key(), entry.value()));
    return values;
  }
}
