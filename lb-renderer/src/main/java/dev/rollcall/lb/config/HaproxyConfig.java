package dev.rollcall.lb.config;

import dev.rollcall.lb.config.Backend.ServerLine;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A configuration as HAProxy reads it: sections of lines of words, without comments and blank
 * lines. Immutable; equal when HAProxy could see no difference. Nothing is validated: HAProxy does
 * that.
 *
 * @param sections in order; what stands before the first one is in a section without a kind
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#2.1">Configuration manual, 2.1 and
 *     2.2</a>
 */
public record HaproxyConfig(List<Section> sections) {

  private static final Set<String> KINDS =
      Set.of(
          ("global defaults frontend backend listen peers resolvers userlist mailers program cache"
                  + " http-errors ring log-forward fcgi-app crt-store traces log-profile acme")
              .split(" ", -1));

  /** Where a {@code bind} makes HAProxy listen for the traffic that it forwards. */
  private static final Set<String> LISTENING = Set.of("frontend", "listen", "log-forward");

  /**
   * A section of a configuration. Immutable.
   *
   * @param head the line that begins it, such as {@code backend be_web from http}
   * @param lines what follows, in order
   */
  public record Section(ConfigLine head, List<ConfigLine> lines) {

    /** Copies the list. */
    public Section {
      lines = List.copyOf(lines);
    }

    /** Such as {@code backend}; empty for what stands before the first section. */
    public String kind() {
      return head.word(0);
    }

    /** Such as {@code be_web}; empty where the section has no name. */
    public String name() {
      return head.word(1);
    }

    /** The {@code server} lines, in order. */
    public List<ServerLine> servers() {
      return ServerLine.in(lines);
    }

    /** All other lines, in order. */
    public List<ConfigLine> otherLines() {
      return lines.stream().filter(line -> !ServerLine.is(line)).toList();
    }
  }

  /** Copies the list. */
  public HaproxyConfig {
    sections = List.copyOf(sections);
  }

  /** Parses any text; what is no configuration gives sections that mean nothing. */
  public static HaproxyConfig parse(String text) {
    return parse(text, ConfigLine::parse);
  }

  static HaproxyConfig parse(String text, Function<String, ConfigLine> parser) {
    List<Section> sections = new ArrayList<>();
    ConfigLine head = new ConfigLine(List.of());
    List<ConfigLine> lines = new ArrayList<>();
    for (String raw : text.split("\n", -1)) {
      ConfigLine line = parser.apply(raw);
      if (line.words().isEmpty()) {
        continue;
      }
      if (KINDS.contains(line.word(0))) {
        add(sections, head, lines);
        head = line;
        lines = new ArrayList<>();
      } else {
        lines.add(line);
      }
    }
    add(sections, head, lines);
    return new HaproxyConfig(sections);
  }

  private static void add(List<Section> sections, ConfigLine head, List<ConfigLine> lines) {
    if (!head.words().isEmpty() || !lines.isEmpty()) {
      sections.add(new Section(head, lines));
    }
  }

  /** The same without its {@code server} lines: what cannot change at run time. */
  public HaproxyConfig withoutServers() {
    return new HaproxyConfig(
        sections.stream()
            .map(section -> new Section(section.head(), section.otherLines()))
            .toList());
  }

  /**
   * The backend and listen sections by name, in order, each with its defaults.
   *
   * @throws IllegalArgumentException when two of them, or two servers of one, have one name; the
   *     message is one line
   */
  public Map<String, Backend> backends() {
    return Backend.in(this);
  }

  /**
   * The files that HAProxy has loaded for the servers of this configuration, and so gives to a
   * server that is added: while it runs, it reads no file. Each as its keyword, such as {@code
   * ca-file}, and the path as written.
   */
  public Set<Map.Entry<String, String>> serverFiles() {
    Set<Map.Entry<String, String>> files = new HashSet<>();
    lines(sections.stream())
        .filter(line -> line.word(0).equals("server") || line.word(0).equals("default-server"))
        .map(ConfigLine::words)
        .forEach(
            words -> {
              for (int at = 1; at + 1 < words.size(); at++) {
                if (ServerOptions.isFile(words.get(at))) {
                  files.add(Map.entry(words.get(at), words.get(at + 1)));
                }
              }
            });
    return files;
  }

  /**
   * Whether HAProxy would listen anywhere. Without that it "succeeds" at a reload and stops
   * serving.
   */
  public boolean listens() {
    return binds().findAny().isPresent();
  }

  /**
   * Whether it can only be a part of what HAProxy reads: backends, and nothing that could listen.
   * Another file has the rest then ({@code haproxy -f rest.cfg -f this.cfg}).
   */
  public boolean isPartial() {
    return sections.stream().anyMatch(section -> section.kind().equals("backend"))
        && sections.stream().noneMatch(section -> LISTENING.contains(section.kind()));
  }

  /**
   * Where HAProxy would listen for TCP, as far as that can be known from here; for any address of
   * the machine the one that only it can reach.
   */
  public Set<InetSocketAddress> bindAddresses() {
    return BindAddresses.of(binds()).sockets();
  }

  private Stream<ConfigLine> binds() {
    return lines(sections.stream().filter(section -> LISTENING.contains(section.kind())))
        .filter(line -> line.word(0).equals("bind"));
  }

  private static Stream<ConfigLine> lines(Stream<Section> sections) {
    return sections.flatMap(section -> section.lines().stream());
  }

  /**
   * Parses configurations of which each is much like the one before: lines that the last one had
   * too are not parsed again, and are the same objects, so that comparing thousands of them costs
   * little. Holds the last two configurations. Used by one thread at a time.
   */
  public static final class CachingConfigParser {

    private record ParsedText(String text, HaproxyConfig config) {}

    private static final ParsedText NOTHING = new ParsedText("", HaproxyConfig.parse(""));

    private ParsedText last = NOTHING;
    private ParsedText before = NOTHING;
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
                          known.containsKey(unread)
                              ? known.get(unread)
                              : ConfigLine.parse(unread)));
      lines = now;
      before = last;
      last = new ParsedText(text, config);
      return config;
    }
  }

  /**
   * One line, cut into words by HAProxy's rules: blanks part words, {@code #} begins a comment, and
   * a backslash or a pair of quotes takes that meaning away from what it covers. The words keep
   * their quotes and backslashes, so different spellings of one meaning are different lines.
   * Immutable.
   *
   * @see <a href="https://docs.haproxy.org/3.2/configuration.html#2.2">Configuration manual,
   *     2.2</a>
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
}
