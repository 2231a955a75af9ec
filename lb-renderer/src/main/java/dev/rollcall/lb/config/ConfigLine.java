package dev.rollcall.lb.config;

import java.util.ArrayList;
import java.util.List;

/**
 * One line, cut into words by HAProxy's rules: blanks part words, {@code #} begins a comment, and a
 * backslash or a pair of quotes takes that meaning away from what it covers. The words keep their
 * quotes and backslashes, so different spellings of one meaning are different lines. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#2.2">Configuration manual, 2.2</a>
 */
public record ConfigLine(List<String> words) {

  /** Copies the list. */
  public ConfigLine {
    words = List.copyOf(words);
  }

  /**
   * Reads one line without its newline.
   *
   * @return without words when there is nothing but blanks and a comment
   */
  public static ConfigLine parse(String raw) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    char quote = 0;
    for (int at = 0; at < raw.length(); at++) {
      char c = raw.charAt(at);
      if (c == '\\' && quote != '\'' && at + 1 < raw.length()) {
        word.append(c).append(raw.charAt(++at));
      } else if (quote != 0) {
        word.append(c);
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        word.append(c);
        quote = c;
      } else if (c == '#' || c == '\r') {
        break;
      } else if (c == ' ' || c == '\t') {
        end(word, words);
      } else {
        word.append(c);
      }
    }
    end(word, words);
    return new ConfigLine(words);
  }

  /** The word at a place, counted from 0; empty where the line is shorter. */
  public String word(int place) {
    return place < words.size() ? words.get(place) : "";
  }

  private static void end(StringBuilder word, List<String> words) {
    if (word.length() > 0) {
      words.add(word.toString());
      word.setLength(0);
    }
  }
}
