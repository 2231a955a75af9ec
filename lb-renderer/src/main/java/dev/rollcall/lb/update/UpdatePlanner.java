package dev.rollcall.lb.update;

import dev.rollcall.lb.config.HaproxyConfig;
import dev.rollcall.lb.config.HaproxyConfig.Section;
import dev.rollcall.lb.config.ServerLine;
import dev.rollcall.lb.config.ServerName;
import dev.rollcall.lb.haproxy.HaproxyVersion;
import dev.rollcall.lb.haproxy.ServerDefinition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Compares configurations. Pure, stateless and thread-safe. */
public final class UpdatePlanner {

  private static final int MOST_REASONS = 4;

  private UpdatePlanner() {}

  /**
   * Tells what brings an HAProxy from one configuration to another.
   *
   * @param running what HAProxy runs
   * @param wanted what it shall run
   * @param version of that HAProxy
   * @param departing servers that an earlier change removed and that are not gone yet
   */
  public static UpdatePlan plan(
      HaproxyConfig running,
      HaproxyConfig wanted,
      HaproxyVersion version,
      Map<ServerName, ServerDefinition> departing) {
    if (running.equals(wanted)) {
      return new UpdatePlan.NoChange();
    }
    String differences = summary(differences(running, wanted));
    if (!running.withoutServers().equals(wanted.withoutServers())) {
      return new UpdatePlan.Reload(differences);
    }
    RuntimeDecision decision = ServerDiff.between(running, wanted, version, departing);
    if (decision instanceof RuntimeDecision.AtRunTime atRunTime) {
      return atRunTime.changes().isEmpty()
          ? new UpdatePlan.NoChange()
          : new UpdatePlan.RuntimeChange(atRunTime.changes(), differences);
    }
    return new UpdatePlan.Reload(
        differences + "; " + ((RuntimeDecision.ByReload) decision).reason());
  }

  /**
   * The same where no HAProxy is at hand, or none whose servers may be changed while it runs.
   *
   * @param running what HAProxy runs
   * @param wanted what it shall run
   */
  public static UpdatePlan plan(HaproxyConfig running, HaproxyConfig wanted) {
    if (running.equals(wanted)) {
      return new UpdatePlan.NoChange();
    }
    return new UpdatePlan.Reload(summary(differences(running, wanted)));
  }

  private static List<String> differences(HaproxyConfig running, HaproxyConfig wanted) {
    Map<String, Section> before = byTitle(running);
    Map<String, Section> after = byTitle(wanted);
    List<String> found = new ArrayList<>();
    after.forEach(
        (title, section) -> {
          Section old = before.get(title);
          if (old == null) {
            found.add(title + " added");
          } else if (!old.equals(section)) {
            found.addAll(differences(title, old, section));
          }
        });
    before.keySet().stream()
        .filter(title -> !after.containsKey(title))
        .forEach(title -> found.add(title + " removed"));
    if (found.isEmpty()) {
      found.add("order of the sections changed");
    }
    return found;
  }

  private static List<String> differences(String title, Section old, Section wanted) {
    if (!old.head().equals(wanted.head()) || !old.otherLines().equals(wanted.otherLines())) {
      return List.of(title + " changed");
    }
    Map<String, ServerLine> before = byName(old.servers());
    Map<String, ServerLine> after = byName(wanted.servers());
    long added = after.keySet().stream().filter(name -> !before.containsKey(name)).count();
    long removed = before.keySet().stream().filter(name -> !after.containsKey(name)).count();
    long changed =
        after.entrySet().stream()
            .filter(entry -> before.containsKey(entry.getKey()))
            .filter(entry -> !Objects.equals(before.get(entry.getKey()), entry.getValue()))
            .count();
    List<String> found = new ArrayList<>();
    count(found, added, "added", title);
    count(found, removed, "removed", title);
    count(found, changed, "changed", title);
    if (found.isEmpty()) {
      found.add("order of the lines in " + title + " changed");
    }
    return found;
  }

  private static void count(List<String> found, long servers, String what, String title) {
    if (servers > 0) {
      found.add(servers + (servers == 1 ? " server " : " servers ") + what + " in " + title);
    }
  }

  /** Two sections of one title, legal for {@code global} and {@code defaults}, are told apart. */
  private static Map<String, Section> byTitle(HaproxyConfig config) {
    Map<String, Section> sections = new LinkedHashMap<>();
    Map<String, Integer> seen = new HashMap<>();
    for (Section section : config.sections()) {
      String title = section.kind().isEmpty() ? "preamble" : section.kind() + " " + section.name();
      title = title.strip();
      int number = seen.merge(title, 1, Integer::sum);
      sections.put(number == 1 ? title : title + " (no. " + number + ")", section);
    }
    return sections;
  }

  private static Map<String, ServerLine> byName(List<ServerLine> servers) {
    Map<String, ServerLine> byName = new LinkedHashMap<>();
    servers.forEach(server -> byName.putIfAbsent(server.name(), server));
    return byName;
  }

  private static String summary(List<String> reasons) {
    if (reasons.size() <= MOST_REASONS) {
      return String.join(", ", reasons);
    }
    return String.join(", ", reasons.subList(0, MOST_REASONS))
        + " and "
        + (reasons.size() - MOST_REASONS)
        + " more";
  }
}
