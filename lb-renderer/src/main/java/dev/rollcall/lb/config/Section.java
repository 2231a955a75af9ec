package dev.rollcall.lb.config;

import java.util.List;

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
    return lines.stream().filter(ServerLine::is).map(ServerLine::of).toList();
  }

  /** All other lines, in order. */
  public List<ConfigLine> otherLines() {
    return lines.stream().filter(line -> !ServerLine.is(line)).toList();
  }
}
