package dev.rollcall.lb.config;

import java.util.List;

/**
 * A {@code server} line of a backend. Immutable.
 *
 * @param name unique within its backend
 * @param address as written, mostly {@code host:port}
 * @param parameters such as {@code check}, {@code weight}, {@code 10}; in order
 */
public record ServerLine(String name, String address, List<String> parameters) {

  /** Copies the list. */
  public ServerLine {
    parameters = List.copyOf(parameters);
  }

  static boolean is(ConfigLine line) {
    return line.word(0).equals("server") && line.words().size() >= 3;
  }

  static ServerLine of(ConfigLine line) {
    return new ServerLine(line.word(1), line.word(2), line.words().subList(3, line.words().size()));
  }
}
