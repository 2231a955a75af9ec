package dev.rollcall.lb.config;

import dev.rollcall.lb.config.Backend.ServerLine;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

  private static final ConfigLine NO_HEAD = new ConfigLine(List.of());

  private static final Set<String> KINDS =
      Set.of(
          ("global defaults frontend backend listen peers resolvers userlist mailers program cache"
                  + " http-errors ring log-forward fcgi-app crt-store traces log-profile acme")
              .split(" ", -1));

  /** Where a {@code bind} makes HAProxy listen for the traffic that it forwards. */
  private static final Set<String> LISTENING = Set.of("frontend", "listen", "log-forward");

  /**
   * A section of a configuration. Immutable; equal to one of the same lines. What is often asked of
   * it is found out once.
   */
  public static final class Section {
    private final ConfigLine head;
    private final List<ConfigLine> lines;
    private @Nullable List<ConfigLine> otherLines;
    private @Nullable Backend backend;

    /**
     * Copies the list.
     *
     * @param head the line that begins it, such as {@code backend be_web from http}
     * @param lines what follows, in order
     */
    public Section(ConfigLine head, List<ConfigLine> lines) {
      this.head = head;
      this.lines = List.copyOf(lines);
    }

    /** The line that begins it. */
    public ConfigLine head() {
      return head;
    }

    /** What follows, in order. */
    public List<ConfigLine> lines() {
      return lines;
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
      return ServerLine.in(lines, List.of());
    }

    /** All other lines, in order. */
    public List<ConfigLine> otherLines() {
      List<ConfigLine> known = otherLines;
      if (known == null) {
        known = lines.stream().filter(line -> !line.isServer()).toList();
        otherLines = known;
      }
      return known;
    }

    /** What it is with the lines of its defaults; empty where these are not known. */
    Backend backend(Optional<List<ConfigLine>> defaults) {
      Backend known = backend;
      if (known == null || !known.isOf(defaults)) {
        known = Backend.of(this, defaults);
        backend = known;
      }
      return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other
          || (other instanceof Section that && head.equals(that.head) && lines.equals(that.lines));
    }

    @Override
    public int hashCode() {
      return Objects.hash(head, lines);
    }

    @Override
    public String toString() {
      return "Section[head=" + head + ", lines=" + lines + "]";
    }
  }

  /** Copies the list. */
  public HaproxyConfig {
    sections = List.copyOf(sections);
  }

  /** Parses any text; what is no configuration gives sections that mean nothing. */
  public static HaproxyConfig parse(String text) {
    List<ConfigLine> lines = new ArrayList<>();
    for (String raw : text.split("\n", -1)) {
      lines.add(ConfigLine.parse(raw));
    }
    return of(lines, List.of());
  }

  /**
   * A configuration of these lines.
   *
   * @param known sections that are taken where they have the same lines
   */
  private static HaproxyConfig of(List<ConfigLine> all, List<Section> known) {
    Map<ConfigLine, Section> byHead = new HashMap<>();
    known.forEach(section -> byHead.put(section.head(), section));
    List<Section> sections = new ArrayList<>();
    ConfigLine head = NO_HEAD;
    List<ConfigLine> lines = new ArrayList<>();
    for (ConfigLine line : all) {
      if (line.words().isEmpty()) {
        continue;
      }
      if (KINDS.contains(line.word(0))) {
        add(sections, head, lines, byHead);
        head = line;
        lines = new ArrayList<>();
      } else {
        lines.add(line);
      }
    }
    add(sections, head, lines, byHead);
    return new HaproxyConfig(sections);
  }

  private static void add(
      List<Section> sections,
      ConfigLine head,
      List<ConfigLine> lines,
      Map<ConfigLine, Section> known) {
    if (!head.words().isEmpty() || !lines.isEmpty()) {
      Section same = known.get(head);
      sections.add(same != null && same.lines().equals(lines) ? same : new Section(head, lines));
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
   * Parses configurations of which each is much like the one before: the lines before the first and
   * after the last difference are not parsed again, and are the same objects, as are sections
   * without a difference. So it costs little to compare thousands of lines. Holds the last two
   * configurations. Used by one thread at a time.
   */
  public static final class CachingConfigParser {

    /** A text that was parsed. */
    private static final class ParsedText {
      private final String text;

      /** Where its lines start. */
      private final int[] starts;

      private final List<ConfigLine> lines;
      private final HaproxyConfig config;

      ParsedText(String text, int[] starts, List<ConfigLine> lines, HaproxyConfig config) {
        this.text = text;
        this.starts = starts;
        this.lines = lines;
        this.config = config;
      }

      /** A line with the newline at its end, if it has one. */
      String line(int number) {
        return text.substring(starts[number], end(number));
      }

      int end(int number) {
        return number + 1 < starts.length ? starts[number + 1] : text.length();
      }

      /** Whether a line stands in another text too, at another place. */
      boolean isAt(int number, String other, int place) {
        int length = end(number) - starts[number];
        return place >= 0 && other.regionMatches(place, text, starts[number], length);
      }
    }

    private static final ParsedText NOTHING =
        new ParsedText("", new int[] {0}, List.of(ConfigLine.parse("")), HaproxyConfig.parse(""));

    private ParsedText last = NOTHING;
    private ParsedText before = NOTHING;

    /** As {@link HaproxyConfig#parse} does. */
    public HaproxyConfig parse(String text) {
      if (text.equals(last.text)) {
        return last.config;
      }
      if (text.equals(before.text)) {
        return before.config;
      }
      ParsedText now = parse(text, last);
      before = last;
      last = now;
      return now.config;
    }

    private static ParsedText parse(String text, ParsedText known) {
      int[] starts = starts(text);
      int same = Math.min(starts.length, known.starts.length);
      int head = 0;
      // A last line has no newline to tell where it ends.
      while (head + 1 < same && known.isAt(head, text, starts[head])) {
        head++;
      }
      int shift = starts.length - known.starts.length;
      int tail = 0;
      while (tail < same - head) {
        int number = known.starts.length - 1 - tail;
        int start = starts[number + shift];
        int end = number + shift + 1 < starts.length ? starts[number + shift + 1] : text.length();
        if (end - start != known.end(number) - known.starts[number]
            || !known.isAt(number, text, start)) {
          break;
        }
        tail++;
      }
      List<ConfigLine> lines = new ArrayList<>(starts.length);
      lines.addAll(known.lines.subList(0, head));
      Map<String, ConfigLine> others = new HashMap<>();
      for (int number = head; number < known.starts.length - tail; number++) {
        others.put(known.line(number), known.lines.get(number));
      }
      for (int number = head; number < starts.length - tail; number++) {
        int end = number + 1 < starts.length ? starts[number + 1] : text.length();
        String raw = text.substring(starts[number], end);
        ConfigLine line = others.get(raw);
        lines.add(line == null ? ConfigLine.parse(raw.replace("\n", "")) : line);
      }
      int size = known.lines.size();
      lines.addAll(known.lines.subList(size - tail, size));
      return new ParsedText(text, starts, lines, of(lines, known.config.sections()));
    }

    private static int[] starts(String text) {
      int count = 1;
      for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
        count++;
      }
      int[] starts = new int[count];
      for (int number = 1; number < count; number++) {
        starts[number] = text.indexOf('\n', starts[number - 1]) + 1;
      }
      return starts;
    }
  }

  /**
   * One line, cut into words by HAProxy's rules: blanks part words, {@code #} begins a comment, and
   * a backslash or a pair of quotes takes that meaning away from what it covers. The words keep
   * their quotes and backslashes, so different spellings of one meaning are different lines.
   * Immutable; equal to one of the same words.
   *
   * @see <a href="https://docs.haproxy.org/3.2/configuration.html#2.2">Configuration manual,
   *     2.2</a>
   */
  public static final class ConfigLine {
    private final List<String> words;
    private @Nullable ServerLine server;

    /** Copies the list. */
    public ConfigLine(List<String> words) {
      this.words = List.copyOf(words);
    }

    /** Its words, in order. */
    public List<String> words() {
      return words;
    }

    /** Whether it is a {@code server} line. */
    public boolean isServer() {
      return words.size() >= 3 && words.get(0).equals("server");
    }

    /** What it is as a {@code server} line, after these words of {@code default-server} lines. */
    ServerLine server(List<String> defaults) {
      ServerLine known = server;
      if (known == null || !known.defaults().equals(defaults)) {
        known =
            new ServerLine(words.get(1), words.get(2), words.subList(3, words.size()), defaults);
        server = known;
      }
      return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other || (other instanceof ConfigLine that && words.equals(that.words));
    }

    @Override
    public int hashCode() {
      return words.hashCode();
    }

    @Override
    public String toString() {
      return "ConfigLine[words=" + words + "]";
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
