package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.config.MapFile;
import dev.rollcall.lb.config.MapFile.Entry;
import dev.rollcall.lb.config.PrintableText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A change of the entries of one map of a running HAProxy. Immutable.
 *
 * @param map with the entries that it shall have
 * @param edits the commands that add, set and delete single entries; empty to replace all of them
 *     in one step
 * @see <a href="https://docs.haproxy.org/3.0/management.html#9.3-add%20map">Management guide, add
 *     map, set map, del map, prepare map, commit map</a>
 */
public record MapChange(MapFile map, List<RuntimeCommand> edits) implements HaproxyChange {

  /** Copies the list. */
  public MapChange {
    edits = List.copyOf(edits);
  }

  /**
   * The change from some entries to those of a file: by single entries, unless order counts or it
   * takes fewer commands to replace all.
   *
   * @return empty when HAProxy would see no difference
   * @throws IllegalArgumentException when an entry, or the path, cannot be written as words of a
   *     command
   */
  public static Optional<MapChange> between(List<Entry> running, MapFile wanted) {
    if (wanted.matches(running)) {
      return Optional.empty();
    }
    Map<String, String> before = MapFile.values(running);
    Map<String, String> after = MapFile.values(wanted.entries());
    boolean duplicates = before.size() < running.size();
    MapChange whole = new MapChange(wanted, List.of());
    if (duplicates
        || wanted.orderCounts()
        || wanted.differences(running).size() > wanted.entries().size()) {
      var unused = whole.replacement("1"); // Each entry is checked.
      return Optional.of(whole);
    }
    List<RuntimeCommand> edits = new ArrayList<>();
    after.forEach(
        (key, value) -> {
          String old = before.get(key);
          if (!value.equals(old)) {
            edits.add(
                RuntimeCommand.silent(
                    (old == null ? "add map " : "set map ") + wanted.path() + words(key, value)));
          }
        });
    before.forEach(
        (key, value) -> {
          if (!after.containsKey(key)) {
            edits.add(RuntimeCommand.silent("del map " + wanted.path() + " " + key));
          }
        });
    return Optional.of(new MapChange(wanted, edits));
  }

  private static String words(String key, String value) {
    if (value.isEmpty() || value.indexOf(' ') >= 0) {
      throw new IllegalArgumentException(
          "the value of " + PrintableText.quoted(key) + " is not one word");
    }
    return " " + key + " " + value;
  }

  /** Whether all entries are replaced in one step. */
  boolean replacesAll() {
    return edits.isEmpty();
  }

  /** Begins a replacement; the reply has the number of the version. */
  RuntimeCommand preparation() {
    return RuntimeCommand.answered("prepare map " + map.path(), "New version created: \\d{1,10}");
  }

  /** The commands of a replacement, after its {@link #preparation}. */
  List<RuntimeCommand> replacement(String version) {
    String target = "@" + version + " " + map.path();
    List<RuntimeCommand> commands = new ArrayList<>();
    for (Entry entry : map.entries()) {
      commands.add(RuntimeCommand.silent("add map " + target + words(entry.key(), entry.value())));
    }
    commands.add(RuntimeCommand.silent("commit map " + target));
    return commands;
  }

  @Override
  public String subject() {
    return "map " + map.path();
  }

  /** Those of {@link #edits}, or those of a replacement with a version number of 1. */
  @Override
  public List<RuntimeCommand> commands() {
    if (!replacesAll()) {
      return edits;
    }
    List<RuntimeCommand> commands = new ArrayList<>(List.of(preparation()));
    commands.addAll(replacement("1"));
    return commands;
  }

  @Override
  public String description() {
    return replacesAll()
        ? "has " + map.entries().size() + " entries"
        : edits.size() + (edits.size() == 1 ? " entry changed" : " entries changed");
  }
}
