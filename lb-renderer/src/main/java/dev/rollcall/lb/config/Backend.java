package dev.rollcall.lb.config;

import dev.rollcall.lb.haproxy.ReloadRequiredException;
import dev.rollcall.lb.haproxy.ServerDefinition;
import java.util.ArrayList;
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
 * @param lines of its defaults and then its own, in order
 * @param servers by name, in order
 * @param defaultsKnown whether its defaults section stands in this file; another one that HAProxy
 *     reads before this one may have it otherwise
 */
public record Backend(
    String name, List<ConfigLine> lines, Map<String, Entry> servers, boolean defaultsKnown) {

  /** With these algorithms HAProxy can change the servers of a backend while it runs. */
  private static final Set<String> DYNAMIC = Set.of("roundrobin", "leastconn", "random");

  /** With these it can when {@code hash-type} is consistent. */
  private static final Set<String> HASHES =
      Set.of("source", "uri", "url_param", "hdr", "hash", "rdp-cookie");

  /**
   * A server line and the {@code default-server} words that came before it.
   *
   * @param defaults in order
   * @param line as written
   */
  public record Entry(List<String> defaults, ServerLine line) {

    /** Its options with those of {@code default-server} before them. */
    public List<String> words() {
      List<String> words = new ArrayList<>(defaults);
      words.addAll(line.parameters());
      return words;
    }

    /** Whether its place in a ring depends on its own line alone. */
    boolean hasHashKey() {
      List<String> words = words();
      int key = words.lastIndexOf("hash-key");
      String by = key < 0 || key + 1 == words.size() ? "id" : words.get(key + 1);
      if (by.equals("id")) {
        // Not by default-server: two servers cannot have one.
        int id = line.parameters().lastIndexOf("id");
        return id >= 0
            && id + 1 < line.parameters().size()
            && line.parameters().get(id + 1).matches("\\d+");
      }
      return by.equals("addr") || by.equals("addr-port");
    }

    boolean isBackup() {
      List<String> words = words();
      return words.lastIndexOf("backup") > words.lastIndexOf("no-backup");
    }

    /** Everything that add server must be told. */
    public ServerDefinition read(String backend) throws ReloadRequiredException {
      try {
        return new ServerDefinition(
            new ServerName(backend, line.name()),
            ServerAddress.parse(line.address()),
            ServerOptions.fold(words()));
      } catch (IllegalArgumentException e) {
        throw new ReloadRequiredException(
            "server " + backend + "/" + line.name() + ": " + e.getMessage());
      }
    }
  }

  /** Reads a section. */
  static Backend of(Section section, Optional<List<ConfigLine>> defaults)
      throws ReloadRequiredException {
    List<ConfigLine> lines =
        Stream.concat(defaults.orElse(List.of()).stream(), section.lines().stream()).toList();
    Map<String, Entry> servers = new LinkedHashMap<>();
    List<String> words = List.of();
    for (ConfigLine line : lines) {
      if (line.word(0).equals("default-server")) {
        words = Stream.concat(words.stream(), line.words().stream().skip(1)).toList();
      } else if (line.word(0).equals("server") && line.words().size() >= 3) {
        List<String> parameters = line.words().subList(3, line.words().size());
        ServerLine server = new ServerLine(line.word(1), line.word(2), parameters);
        if (servers.put(server.name(), new Entry(words, server)) != null) {
          throw new ReloadRequiredException(
              "two servers of backend " + section.name() + " have the name " + server.name());
        }
      }
    }
    return new Backend(section.name(), lines, servers, defaults.isPresent());
  }

  /** Why its servers cannot come and go while HAProxy runs; empty when they can. */
  public Optional<String> whyStatic() {
    if (!defaultsKnown) {
      return Optional.of("its defaults stand in no section of this file, so another may have them");
    }
    String mode = last("mode").map(line -> line.word(1)).orElse("tcp");
    if (!mode.equals("http") && !mode.equals("tcp")) {
      return Optional.of("its mode is " + mode);
    }
    String balance = balance();
    String algorithm = algorithm();
    if (algorithm.equals("first")) {
      return Optional.of("balance first goes by the order of the servers");
    }
    if (!DYNAMIC.contains(algorithm) && !hashesConsistently()) {
      return Optional.of("balance " + balance + " is not dynamic");
    }
    if (hashesConsistently() && !servers.values().stream().allMatch(Entry::hasHashKey)) {
      return Optional.of(
          "balance "
              + balance
              + " goes by the numbers that servers get in the order of their lines, and the next"
              + " reload would move requests; give each server line an id, or hash-key addr-port");
    }
    if (last("cookie").filter(line -> line.words().contains("dynamic")).isPresent()) {
      return Optional.of("its cookies are dynamic");
    }
    return Optional.empty();
  }

  /** Such as {@code random(2)}. */
  private String balance() {
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
        lines.stream()
            .filter(line -> line.words().contains("allbackups"))
            .reduce((a, b) -> b)
            .map(line -> line.word(0).equals("option"))
            .orElse(false);
    return all
        ? List.of()
        : servers.entrySet().stream()
            .filter(entry -> entry.getValue().isBackup())
            .map(Map.Entry::getKey)
            .toList();
  }

  /** Whether HAProxy goes by the order of the server lines; that of backups is not meant. */
  public boolean orderMatters() {
    boolean dynamic = DYNAMIC.contains(algorithm());
    return !dynamic
        && !(hashesConsistently() && servers.values().stream().allMatch(Entry::hasHashKey));
  }

  /** Whether a server has an option, by its own line or by default. */
  public boolean anyServer(String option) {
    return servers.values().stream().anyMatch(entry -> entry.words().contains(option));
  }

  /** Whether clients are bound to the numbers of servers. */
  public boolean hasStickTable() {
    return lines.stream().anyMatch(line -> line.word(0).equals("stick"));
  }

  /** Whether servers may be there that no server line names. */
  public boolean hasTemplate() {
    return last("server-template").isPresent();
  }

  private Optional<ConfigLine> last(String keyword) {
    return lines.stream().filter(line -> line.word(0).equals(keyword)).reduce((a, b) -> b);
  }
}
