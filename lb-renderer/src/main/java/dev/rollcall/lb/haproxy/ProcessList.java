package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.runtime.HaproxyVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The master's answer to {@code show proc}. Immutable.
 *
 * @param master the master itself
 * @param failedReloads since the last success; not reliable from 3.1 on
 * @param workers current ones: one, or none while a reload goes on and, from 3.1 on, after a
 *     refused one
 * @param oldWorkers that finish connections of an earlier configuration
 * @see <a href="https://docs.haproxy.org/3.2/management.html#9.4.1">Management guide, 9.4.1 Master
 *     CLI</a>
 */
record ProcessList(Entry master, int failedReloads, List<Entry> workers, List<Entry> oldWorkers) {

  private static final Pattern ROW =
      Pattern.compile(
          "^(\\d{1,10})\\s+(\\S+)\\s+(\\d{1,9})(?:\\s+\\[failed:\\s*(\\d{1,9})\\])?"
              + "\\s+(\\d{1,6})d(\\d{1,2})h(\\d{1,2})m(\\d{1,2})s(?:\\s+(\\S+))?\\s*$");

  ProcessList {
    workers = List.copyOf(workers);
    oldWorkers = List.copyOf(oldWorkers);
  }

  /**
   * One process.
   *
   * @param reloads for the master: done since it started; for a worker: survived
   * @param version as told; empty when it was not
   */
  record Entry(long pid, int reloads, Duration uptime, String version) {}

  /** Empty when the answer is none of a master that stands. */
  static Optional<ProcessList> parse(String answer) {
    Entry master = null;
    int failed = 0;
    List<Entry> workers = new ArrayList<>();
    List<Entry> oldWorkers = new ArrayList<>();
    boolean old = false;
    for (String line : answer.lines().toList()) {
      if (line.startsWith("# ")) {
        old = line.startsWith("# old");
        continue;
      }
      Matcher row = ROW.matcher(line);
      if (!row.matches()) {
        continue;
      }
      Entry entry =
          new Entry(
              Long.parseLong(row.group(1)),
              Integer.parseInt(row.group(3)),
              uptime(row),
              row.group(9) == null ? "" : row.group(9));
      if (row.group(2).equals("master")) {
        master = entry;
        failed = row.group(4) == null ? 0 : Integer.parseInt(row.group(4));
      } else if (row.group(2).equals("worker")) {
        (old ? oldWorkers : workers).add(entry);
      }
    }
    return master == null
        ? Optional.empty()
        : Optional.of(new ProcessList(master, failed, workers, oldWorkers));
  }

  /**
   * The worker that takes new connections. After a refused reload, 3.1 and later list it among the
   * old ones: it is the one that survived the fewest reloads.
   */
  Optional<Entry> serving() {
    return workers.isEmpty()
        ? oldWorkers.stream().min(Comparator.comparingInt(Entry::reloads))
        : Optional.of(workers.get(0));
  }

  Optional<HaproxyVersion> version() {
    return HaproxyVersion.find(master.version());
  }

  private static Duration uptime(Matcher row) {
    return Duration.ofDays(Long.parseLong(row.group(5)))
        .plusHours(Long.parseLong(row.group(6)))
        .plusMinutes(Long.parseLong(row.group(7)))
        .plusSeconds(Long.parseLong(row.group(8)));
  }
}
