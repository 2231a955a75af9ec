package dev.rollcall.lb.runtime;

import dev.rollcall.lb.config.ConfigLine;
import dev.rollcall.lb.config.Section;
import dev.rollcall.lb.config.ServerLine;
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
 */
record BackendView(String name, List<ConfigLine> lines, Map<String, Entry> servers) {

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
  record Entry(List<String> defaults, ServerLine line) {

    /** Its options with those of {@code default-server} before them. */
    List<String> words() {
      List<String> words = new ArrayList<>(defaults);
      words.addAll(line.parameters());
      return words;
    }

    /** Everything that add server must be told. */
    PoolServer read(String backend) throws NotAtRunTime {
      try {
        return new PoolServer(
            new ServerName(backend, line.name()),
            ServerAddress.parse(line.address()),
            ServerOptions.fold(words()));
      } catch (IllegalArgumentException e) {
        throw new NotAtRunTime("server " + backend + "/" + line.name() + ": " + e.getMessage());
      }
    }
  }

  /** Reads a section. */
  static BackendView of(Section section, List<ConfigLine> defaults) throws NotAtRunTime {
    List<ConfigLine> lines = Stream.concat(defaults.stream(), section.lines().stream()).toList();
    Map<String, Entry> servers = new LinkedHashMap<>();
    List<String> words = List.of();
    for (ConfigLine line : lines) {
      if (line.word(0).equals("default-server")) {
        words = Stream.concat(words.stream(), line.words().stream().skip(1)).toList();
      } else if (line.word(0).equals("server") && line.words().size() >= 3) {
        List<String> parameters = line.words().subList(3, line.words().size());
        ServerLine server = new ServerLine(line.word(1), line.word(2), parameters);
        if (servers.put(server.name(), new Entry(words, server)) != null) {
          throw new NotAtRunTime(
              "two servers of backend " + section.name() + " have the name " + server.name());
        }
      }
    }
    return new BackendView(section.name(), lines, servers);
  }

  /** Why its servers cannot come and go while HAProxy runs; empty when they can. */
  Optional<String> fixedBecause() {
    String mode = last("mode").map(line -> line.word(1)).orElse("tcp");
    if (!mode.equals("http") && !mode.equals("tcp")) {
      return Optional.of("its mode is " + mode);
    }
    String balance = last("balance").map(line -> line.word(1)).orElse("roundrobin");
    String algorithm = balance.replaceFirst("\\(.*", "");
    boolean consistent =
        last("hash-type").map(line -> line.word(1).equals("consistent")).orElse(false);
    if (algorithm.equals("first")) {
      return Optional.of("balance first goes by the order of the servers");
    }
    if (!DYNAMIC.contains(algorithm) && !(HASHES.contains(algorithm) && consistent)) {
      return Optional.of("balance " + balance + " is not dynamic");
    }
    if (last("cookie").filter(line -> line.words().contains("dynamic")).isPresent()) {
      return Optional.of("its cookies are dynamic");
    }
    return Optional.empty();
  }

  /** Whether servers may be there that no server line names. */
  boolean hasTemplate() {
    return last("server-template").isPresent();
  }

  private Optional<ConfigLine> last(String keyword) {
    return lines.stream().filter(line -> line.word(0).equals(keyword)).reduce((a, b) -> b);
  }
}
