package dev.rollcall.lb.config;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The files that HAProxy has loaded for the servers of its configuration, and so gives to a server
 * that is added: while it runs, it reads no file. Pure.
 */
public final class LoadedFiles {

  private LoadedFiles() {}

  /** Each as its keyword, such as {@code ca-file}, and the path as written. */
  public static Set<Map.Entry<String, String>> of(HaproxyConfig running) {
    Set<Map.Entry<String, String>> files = new HashSet<>();
    Stream<ConfigLine> lines =
        running.sections().stream().flatMap(section -> section.lines().stream());
    lines
        .filter(line -> line.word(0).equals("server") || line.word(0).equals("default-server"))
        .map(ConfigLine::words)
        .forEach(words -> note(words, files));
    return files;
  }

  private static void note(List<String> words, Set<Map.Entry<String, String>> files) {
    for (int at = 1; at + 1 < words.size(); at++) {
      if (OptionKeyword.of(words.get(at)).filter(OptionKeyword::file).isPresent()) {
        files.add(Map.entry(words.get(at), words.get(at + 1)));
      }
    }
  }
}
