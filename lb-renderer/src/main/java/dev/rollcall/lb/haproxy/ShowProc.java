package dev.rollcall.lb.haproxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The reply to {@code show proc} of a master. Immutable.
 *
 * @param master the master itself
 * @param failedReloads since the last success; not reliable from 3.1 on
 * @param workers the current one; none during a reload and, from 3.1 on, after a refused one
 * @param oldWorkers that finish connections of an earlier configuration
 * @see <a href="https://docs.haproxy.org/3.2/management.html#9.4.1">Management guide, 9.4.1 Master
 *     CLI</a>
 */
record ShowProc(
    ProcessEntry master,
    int failedReloads,
    List<ProcessEntry> workers,
    List<ProcessEntry> oldWorkers) {

  /** Before 2.5 there is a column for the relative pid, of old workers {@code [was: 1]}. */
  private static final Pattern ROW =
      Pattern.compile(
          "^(?<pid>\\d{1,10})\\s+(?<type>\\S+)\\s+(?:(?:\\d{1,9}|\\[was:\\s*\\d{1,9}\\])\\s+(?=\\d))?(?<reloads>\\d{1,9})"
              + "(?:\\s+\\[failed:\\s*(?<failed>\\d{1,9})\\])?"
              + "\\s+(?<days>\\d{1,6})d(?<hours>\\d{1,2})h(?<minutes>\\d{1,2})m(?<seconds>\\d{1,2})s"
              + "(?:\\s+(?<version>\\S+))?\\s*$");

  ShowProc {
    workers = List.copyOf(workers);
    oldWorkers = List.copyOf(oldWorkers);
  }

  /**
   * One process.
   *
   * @param reloads of a master: since it started; of a worker: that it survived
   * @param version as told; empty when it was not
   */
  record ProcessEntry(long pid, int reloads, Duration uptime, String version) {}

  /** Empty when it is no such reply. */
  static Optional<ShowProc> parse(String answer) {
    ProcessEntry master = null;
    int failed = 0;
    List<ProcessEntry> workers = new ArrayList<>();
    List<ProcessEntry> oldWorkers = new ArrayList<>();
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
      ProcessEntry entry =
          new ProcessEntry(
              Long.parseLong(row.group("pid")),
              Integer.parseInt(row.group("reloads")),
              uptime(row),
              row.group("version") == null ? "" : row.group("version"));
      if (row.group("type").equals("master")) {
        master = entry;
        failed = row.group("failed") == null ? 0 : Integer.parseInt(row.group("failed"));
      } else if (row.group("type").equals("worker")) {
        (old ? oldWorkers : workers).add(entry);
      }
    }
    return master == null
        ? Optional.empty()
        : Optional.of(new ShowProc(master, failed, workers, oldWorkers));
  }

  /**
   * The worker that takes new connections. After a refused reload, 3.1 and later list it among the
   * old ones: it is the one that survived the fewest reloads.
   */
  Optional<ProcessEntry> serving() {
    return workers.isEmpty()
        ? oldWorkers.stream().min(Comparator.comparingInt(ProcessEntry::reloads))
        : Optional.of(workers.get(0));
  }

  Optional<HaproxyVersion> version() {
    return HaproxyVersion.tryParse(master.version());
  }

  private static Duration uptime(Matcher row) {
    return Duration.ofDays(Long.parseLong(row.group("days")))
        .plusHours(Long.parseLong(row.group("hours")))
        .plusMinutes(Long.parseLong(row.group("minutes")))
        .plusSeconds(Long.parseLong(row.group("seconds")));
  }
}
