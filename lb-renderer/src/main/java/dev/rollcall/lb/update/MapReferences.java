package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.MapFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a configuration uses files as maps. The entries of a file that only converters such as {@code
 * map(/etc/haproxy/hosts.map)} read can be changed at run time: all converters with the same path
 * share one map. What an ACL reads ({@code -f}), or rules change ({@code set-map}), is no such
 * file. Immutable.
 *
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#7.3.1-map">Configuration manual,
 *     7.3.1, map</a>
 */
final class MapReferences {

  /** Comparing and replacing a map of this size costs HAProxy some 10 ms. */
  static final int MAX_ENTRIES = 10_000;

  /** By the type of match and, after an underscore, the type of the value. */
  private static final Pattern CONVERTER =
      Pattern.compile(
          "(?<![A-Za-z0-9_-])map(?:_(?<match>str|beg|sub|dir|dom|end|reg|regm|int|ip))?"
              + "(?:_(?:str|int|ip|key))?\\(\\s*(?<path>[^,()\\s]+)\\s*(?=[,)])");

  /** Of these, HAProxy takes the first entry that matches; of the others, the only or longest. */
  private static final Set<String> IN_ORDER =
      Set.of("sub", "dir", "dom", "end", "reg", "regm", "int");

  /** What can be a word of a command, and is not meant otherwise there or in the file. */
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9_./+,%=~-]{1,512}");

  /** Lines that may name a file, without their quotes and backslashes. */
  private final List<String> lines = new ArrayList<>();

  private MapReferences() {}

  static MapReferences of(HaproxyConfig config) {
    MapReferences references = new MapReferences();
    for (Section section : config.sections()) {
      for (ConfigLine line : section.lines()) {
        if (!line.word(0).equals("server")) {
          String text = String.join(" ", line.words()).replaceAll("[\"'\\\\]", "");
          if (text.indexOf('/') >= 0 || text.indexOf('.') >= 0) {
            references.lines.add(text);
          }
        }
      }
    }
    return references;
  }

  /** Why the entries of a file cannot be changed at run time; empty when they can. */
  Optional<String> whyNotAtRunTime(String path) {
    if (!PATH.matcher(path).matches()) {
      return Optional.of("its path has characters that no command can have");
    }
    String name = path.substring(path.lastIndexOf('/') + 1);
    Pattern whole =
        Pattern.compile("(?<![A-Za-z0-9_.-])" + Pattern.quote(name) + "(?![A-Za-z0-9_.-])");
    boolean used = false;
    for (String line : lines) {
      if (!line.contains(name)) {
        continue;
      }
      StringBuilder rest = new StringBuilder();
      Matcher converter = CONVERTER.matcher(line);
      while (converter.find()) {
        boolean same = converter.group("path").equals(path);
        used |= same;
        converter.appendReplacement(
            rest, same ? "map" : Matcher.quoteReplacement(converter.group()));
      }
      converter.appendTail(rest);
      if (whole.matcher(rest).find()) {
        return Optional.of("it is used otherwise than as map(" + path + ") by \"" + line + "\"");
      }
    }
    return used ? Optional.empty() : Optional.of("no map converter has its path");
  }

  /** The file as HAProxy reads it. */
  MapFile parse(String path, String text) {
    boolean ordered = false;
    for (String line : lines) {
      Matcher converter = CONVERTER.matcher(line);
      while (converter.find()) {
        String match = converter.group("match");
        ordered |=
            converter.group("path").equals(path) && match != null && IN_ORDER.contains(match);
      }
    }
    return MapFile.parse(path, text, ordered);
  }
}
