package dev.rollcall.lb.config;

import java.util.ArrayList;
import java.util.List;

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

  /** The server lines among those of a section, in order. */
  static List<ServerLine> in(List<ConfigLine> lines) {
    List<ServerLine> servers = new ArrayList<>();
    List<String> defaults = List.of();
    for (ConfigLine line : lines) {
      List<String> words = line.words();
      if (line.word(0).equals("default-server")) {
        defaults = concat(defaults, words.subList(1, words.size()));
      } else if (is(line)) {
        servers.add(
            new ServerLine(words.get(1), words.get(2), words.subList(3, words.size()), defaults));
      }
    }
    return servers;
  }

  static boolean is(ConfigLine line) {
    return line.word(0).equals("server") && line.words().size() >= 3;
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
    List<String> words = words();
    return words.lastIndexOf("backup") > words.lastIndexOf("no-backup");
  }
}
