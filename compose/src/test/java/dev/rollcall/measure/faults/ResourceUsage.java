package dev.rollcall.measure.faults;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a container hold together: its first one and those that this has begun,
 * without those that look from outside.
 *
 * @param workers children of the first process that are called haproxy
 * @param memoryMiB resident
 */
record ResourceUsage(
    int processes, int workers, long memoryMiB, int threads, int sockets, int descriptors) {
  /** Run in a container, by its own user. What is closed meanwhile, {@code ls} complains of. */
  static final String COMMAND =
      "cat /proc/[0-9]*/status 2>/dev/null; ls -l /proc/[0-9]*/fd 2>/dev/null; true";

  private static final Pattern FIELD = Pattern.compile("(\\w+):\\s+(\\S+).*");
  private static final Pattern DIRECTORY = Pattern.compile("/proc/(\\d+)/fd:");

  /** What {@link #COMMAND} has printed; null if there is no process that could be looked into. */
  static @Nullable ResourceUsage parse(String text) {
    Map<String, Map<String, String>> processes = new HashMap<>();
    Map<String, List<String>> open = new HashMap<>();
    Map<String, String> process = new HashMap<>();
    List<String> descriptors = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher directory = DIRECTORY.matcher(line);
      Matcher field = FIELD.matcher(line);
      if (directory.matches()) {
        descriptors = open.computeIfAbsent(directory.group(1), pid -> new ArrayList<>());
      } else if (line.contains(" -> ")) {
        descriptors.add(line);
      } else if (field.matches()) {
        if (field.group(1).equals("Name")) {
          process = new HashMap<>();
        }
        process.put(field.group(1), field.group(2));
        if (field.group(1).equals("Pid")) {
          processes.put(field.group(2), process);
        }
      }
    }
    processes.keySet().removeIf(pid -> !isOfFirst(pid, processes));
    processes.keySet().retainAll(open.keySet());
    if (processes.isEmpty()) {
      return null;
    }
    List<String> all =
        processes.keySet().stream()
            .flatMap(pid -> open.getOrDefault(pid, List.of()).stream())
            .toList();
    return new ResourceUsage(
        processes.size(),
        (int)
            processes.values().stream()
                .filter(one -> "haproxy".equals(one.get("Name")) && "1".equals(one.get("PPid")))
                .count(),
        sum(processes, "VmRSS") / 1024,
        (int) sum(processes, "Threads"),
        (int) all.stream().filter(link -> link.contains("socket:")).count(),
        all.size());
  }

  private static boolean isOfFirst(String pid, Map<String, Map<String, String>> processes) {
    String above = pid;
    while (above != null && !above.equals("1") && !above.equals("0")) {
      above = processes.getOrDefault(above, Map.of()).get("PPid");
    }
    return "1".equals(above);
  }

  private static long sum(Map<String, Map<String, String>> processes, String field) {
    return processes.values().stream()
        .mapToLong(process -> Long.parseLong(process.getOrDefault(field, "0")))
        .sum();
  }
}
