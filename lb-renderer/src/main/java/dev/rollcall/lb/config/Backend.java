package dev.rollcall.lb.config;

import dev.rollcall.lb.config.HaproxyConfig.ConfigLine;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One backend or listen section with what its defaults section gives it. Immutable.
 *
 * @param name of the section
 * @param defaults the lines of its defaults section, in order
 * @param lines its own without its servers, in order
 * @param servers by name, in order
 * @param defaultsKnown whether its defaults section stands in this file; another one that HAProxy
 *     reads before this one may have it otherwise
 * @see <a href="https://docs.haproxy.org/3.0/configuration.html#4">Configuration manual, 4</a>
 */
public record Backend(
    String name,
    List<ConfigLine> defaults,
    List<ConfigLine> lines,
    Map<String, ServerLine> servers,
    boolean defaultsKnown) {

  private static final Set<String> WITH_SERVERS = Set.of("backend", "listen");

  /** The algorithms that go by a hash. */
  private static final Set<String> HASHES =
      Set.of("source", "uri", "url_param", "hdr", "hash", "rdp-cookie");

  /** See {@link HaproxyConfig#backends}. */
  static Map<String, Backend> in(HaproxyConfig config) {
    Map<String, Backend> backends = new LinkedHashMap<>();
    Map<String, List<ConfigLine>> named = new HashMap<>();
    Optional<List<ConfigLine>> latest = Optional.empty();
    for (Section section : config.sections()) {
      Optional<String> base = base(section);
      Optional<List<ConfigLine>> inherited = base.map(named::get);
      if (section.kind().equals("defaults")) {
        // Only defaults sections that say so build on another one, which may stand in another file.
        latest =
            base.isPresent() && inherited.isEmpty()
                ? Optional.empty()
                : Optional.of(concat(inherited, section));
        String name = section.name().equals("from") ? "" : section.name();
        latest.ifPresent(lines -> named.put(name, lines));
      } else if (WITH_SERVERS.contains(section.kind())) {
        Backend backend = section.backend(base.isPresent() ? inherited : latest);
        if (backends.put(section.name(), backend) != null) {
          throw new IllegalArgumentException("two sections have the name " + section.name());
        }
      }
    }
    return backends;
  }

  static Backend of(Section section, Optional<List<ConfigLine>> defaults) {
    Map<String, ServerLine> servers = new LinkedHashMap<>(2 * section.lines().size());
    for (ServerLine server : ServerLine.in(section.lines(), defaultServers(defaults))) {
      if (servers.put(server.name(), server) != null) {
        throw new IllegalArgumentException(
            "two servers of backend " + section.name() + " have the name " + server.name());
      }
    }
    return new Backend(
        section.name(),
        defaults.orElse(List.of()),
        section.otherLines(),
        Collections.unmodifiableMap(servers),
        defaults.isPresent());
  }

  /** Whether these are the lines of its defaults. */
  boolean isOf(Optional<List<ConfigLine>> others) {
    return others.isPresent() == defaultsKnown && defaults.equals(others.orElse(List.of()));
  }

  private static List<String> defaultServers(Optional<List<ConfigLine>> defaults) {
    List<String> words = List.of();
    for (ConfigLine line : defaults.orElse(List.of())) {
      words = ServerLine.withDefaults(words, line);
    }
    return words;
  }

  private static List<ConfigLine> concat(Optional<List<ConfigLine>> inherited, Section section) {
    return Stream.concat(inherited.orElse(List.of()).stream(), section.lines().stream()).toList();
  }

  /** The lines of its defaults and then its own, in order, without servers. */
  public Stream<ConfigLine> settings() {
    return Stream.concat(defaults.stream(), lines.stream());
  }

  private static Optional<String> base(Section section) {
    List<String> words = section.head().words();
    int from = words.lastIndexOf("from");
    return from > 0 && from + 1 < words.size()
        ? Optional.of(words.get(from + 1))
        : Optional.empty();
  }

  /** Such as {@code http}, or {@code tcp}, which is the default. */
  public String mode() {
    return last("mode").map(line -> line.word(1)).orElse("tcp");
  }

  /** Such as {@code random(2)}. */
  public String balance() {
    return last("balance").map(line -> line.word(1)).orElse("roundrobin");
  }

  /** Such as {@code random}. */
  public String algorithm() {
    return balance().replaceFirst("\\(.*", "");
  }

  /** Whether requests go to a ring of servers by a hash. */
  public boolean hashesConsistently() {
    return HASHES.contains(algorithm())
        && last("hash-type").map(line -> line.word(1).equals("consistent")).orElse(false);
  }

  /**
   * The backup servers of which only the first that is up serves, in order; empty where all of them
   * do.
   *
   * @see <a
   *     href="https://docs.haproxy.org/3.0/configuration.html#option%20allbackups">Configuration
   *     manual, option allbackups</a>
   */
  public List<String> orderedBackups() {
    boolean all =
        settings()
            .filter(line -> line.words().contains("allbackups"))
            .reduce((a, b) -> b)
            .map(line -> line.word(0).equals("option"))
            .orElse(false);
    return all
        ? List.of()
        : servers.values().stream().filter(ServerLine::isBackup).map(ServerLine::name).toList();
  }

  /** Whether the places of its servers in the ring depend on their own lines alone. */
  public boolean hasHashKeys() {
    return servers.values().stream().allMatch(ServerLine::hasHashKey);
  }

  /** Whether HAProxy makes up the cookie of a server from its address. */
  public boolean hasDynamicCookies() {
    return last("cookie").filter(line -> line.words().contains("dynamic")).isPresent();
  }

  /** Whether a server has an option, by its own line or by default. */
  public boolean anyServer(String option) {
    return servers.values().stream().anyMatch(server -> server.has(option));
  }

  /** Whether clients are bound to the numbers of servers. */
  public boolean hasStickTable() {
    return settings().anyMatch(line -> line.word(0).equals("stick"));
  }

  /** Whether servers may be there that no server line names. */
  public boolean hasTemplate() {
    return last("server-template").isPresent();
  }

  private Optional<ConfigLine> last(String keyword) {
    return settings().filter(line -> line.word(0).equals(keyword)).reduce((a, b) -> b);
  }

  /**
   * A {@code server} line of a backend. Immutable.
   *
   * @param name unique within its backend
   * @param address as written, mostly {@code host:port}
   * @param parameters such as {@code check}, {@code weight}, {@code 10}; in order
   * @param defaults the words of the {@code default-server} lines before it, in order
   */
  public record ServerLine(
      String name, String address, List<String> parameters, List<String> defaults) {

    /** Copies the lists. */
    public ServerLine {
      parameters = List.copyOf(parameters);
      defaults = List.copyOf(defaults);
    }

    /**
     * The server lines among those of a section, in order.
     *
     * @param inherited the words of the {@code default-server} lines of its defaults
     */
    static List<ServerLine> in(List<ConfigLine> lines, List<String> inherited) {
      List<ServerLine> servers = new ArrayList<>();
      List<String> defaults = inherited;
      for (ConfigLine line : lines) {
        if (line.isServer()) {
          servers.add(line.server(defaults));
        } else {
          defaults = withDefaults(defaults, line);
        }
      }
      return servers;
    }

    /** The same words, and those of a line if that is a {@code default-server}. */
    static List<String> withDefaults(List<String> defaults, ConfigLine line) {
      return line.word(0).equals("default-server")
          ? concat(defaults, line.words().subList(1, line.words().size()))
          : defaults;
    }

    /** Its options, those of {@code default-server} first. */
    public List<String> words() {
      return concat(defaults, parameters);
    }

    private static List<String> concat(List<String> first, List<String> second) {
      List<String> all = new ArrayList<>(first);
      all.addAll(second);
      return List.copyOf(all);
    }

    /**
     * Its effective options.
     *
     * @throws IllegalArgumentException as {@link ServerOptions#fold} does
     */
    public ServerOptions options() {
      return ServerOptions.fold(words());
    }

    /** Whether it has an option, by its own line or by default. */
    public boolean has(String option) {
      return defaults.contains(option) || parameters.contains(option);
    }

    /** Whether its place in the ring of a consistent hash depends on its own line alone. */
    public boolean hasHashKey() {
      List<String> words = words();
      int key = words.lastIndexOf("hash-key");
      String by = key < 0 || key + 1 == words.size() ? "id" : words.get(key + 1);
      if (by.equals("id")) {
        // Not by default-server: two servers cannot have one.
        int id = parameters.lastIndexOf("id");
        return id >= 0 && id + 1 < parameters.size() && parameters.get(id + 1).matches("\\d+");
      }
      return by.equals("addr") || by.equals("addr-port");
    }

    /** Whether it serves only when the others are down. */
    public boolean isBackup() {
      if (!has("backup")) {
        return false;
      }
      List<String> words = words();
      return words.lastIndexOf("backup") > words.lastIndexOf("no-backup");
    }
  }
}
