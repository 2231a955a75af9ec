package dev.rollcall.lb.config;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A configuration as HAProxy reads it: sections of lines of words, without comments and blank
 * lines. Immutable; equal when HAProxy could see no difference. It judges nothing: that is
 * HAProxy's own task.
 *
 * @param sections in order; what stands before the first one is in a section without a kind
 * @see <a href="https://docs.haproxy.org/3.2/configuration.html#2.1">Configuration manual, 2.1 and
 *     2.2</a>
 */
public record HaproxyConfig(List<Section> sections) {

  private static final Set<String> KINDS =
      Set.of(
          "global",
          "defaults",
          "frontend",
          "backend",
          "listen",
          "peers",
          "resolvers",
          "userlist",
          "mailers",
          "program",
          "cache",
          "http-errors",
          "ring",
          "log-forward",
          "fcgi-app",
          "crt-store",
          "traces",
          "log-profile",
          "acme");

  /** Where a {@code bind} makes HAProxy listen for the traffic that it forwards. */
  private static final Set<String> LISTENING = Set.of("frontend", "listen", "log-forward");

  /** Copies the list. */
  public HaproxyConfig {
    sections = List.copyOf(sections);
  }

  /** The same without its {@code server} lines: what cannot change at run time. */
  public HaproxyConfig withoutServers() {
    return new HaproxyConfig(
        sections.stream()
            .map(section -> new Section(section.head(), section.otherLines()))
            .toList());
  }

  /** Reads any text; what is no configuration gives sections that mean nothing. */
  public static HaproxyConfig parse(String text) {
    return parse(text, ConfigLine::parse);
  }

  static HaproxyConfig parse(String text, Function<String, ConfigLine> read) {
    List<Section> sections = new ArrayList<>();
    ConfigLine head = new ConfigLine(List.of());
    List<ConfigLine> lines = new ArrayList<>();
    for (String raw : text.split("\n", -1)) {
      ConfigLine line = read.apply(raw);
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

  /**
   * Whether HAProxy would listen anywhere. Without that it "succeeds" at a reload and stops
   * serving.
   */
  public boolean listens() {
    return sections.stream()
        .filter(section -> LISTENING.contains(section.kind()))
        .flatMap(section -> section.lines().stream())
        .anyMatch(line -> line.word(0).equals("bind"));
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
    return sections.stream()
        .filter(section -> LISTENING.contains(section.kind()))
        .flatMap(section -> Listeners.of(section).stream())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static void add(List<Section> sections, ConfigLine head, List<ConfigLine> lines) {
    if (!head.words().isEmpty() || !lines.isEmpty()) {
      sections.add(new Section(head, lines));
    }
  }
}
