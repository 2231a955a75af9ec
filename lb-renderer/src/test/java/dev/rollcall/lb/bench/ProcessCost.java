package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** What a process costs, as the kernel counts it. */
final class ProcessCost {
  private static final double MILLIS_PER_TICK = 10; // USER_HZ is 100 on every Linux

  private static final String ESTABLISHED = "01";

  private final Path proc;

  ProcessCost(long pid) {
    this.proc = Path.of("/proc", Long.toString(pid));
  }

  /** CPU time so far, of all its threads. */
  double cpuMillis() throws IOException {
    String stat = Files.readString(proc.resolve("stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK;
  }

  /** Resident memory. */
  double residentMiB() throws IOException {
    return status("VmRSS:") / 1024.0;
  }

  /** Its threads. */
  long threads() throws IOException {
    return status("Threads:");
  }

  private long status(String key) throws IOException {
    try (Stream<String> lines = Files.lines(proc.resolve("status"))) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> Long.parseLong(line.split("\\s+", -1)[1]))
          .findFirst()
          .orElseThrow(() -> new IOException(proc + " has no " + key));
    }
  }

  /** Its established connections to a port. */
  long connectionsTo(int port) throws IOException {
    Set<String> own = new HashSet<>();
    try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String target = Files.readSymbolicLink(file).toString();
        if (target.startsWith("socket:[")) {
          own.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    }
    return connections("net/tcp", port, own) + connections("net/tcp6", port, own);
  }

  private long connections(String table, int port, Set<String> own) throws IOException {
    String remote = String.format(Locale.ROOT, ":%04X", port);
    List<String> lines = Files.readAllLines(proc.resolve(table));
    return lines.stream()
        .map(line -> line.strip().split("\\s+", -1))
        .filter(
            fields ->
                fields[2].endsWith(remote)
                    && fields[3].equals(ESTABLISHED)
                    && own.contains(fields[9]))
        .count();
  }
}
