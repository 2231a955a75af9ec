package dev.rollcall.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** This machine, by what moves figures. */
public final class Machine {
  /** What a commit ends with if the sources were changed since. */
  public static final String DIRTY = "-dirty";

  private Machine() {}

  /** Processor, cores, memory, kernel and date. */
  public static String description() {
    return "%s, %d cores, %d MiB, Linux %s, %s"
        .formatted(
            field("/proc/cpuinfo", "model name"),
            Runtime.getRuntime().availableProcessors(),
            Long.parseLong(field("/proc/meminfo", "MemTotal").split(" ", 2)[0]) / 1024,
            System.getProperty("os.version"),
            LocalDate.now(ZoneOffset.UTC));
  }

  /** How busy it was in the last minute, as the kernel writes it. */
  public static String loadAverage() {
    return text("/proc/loadavg").split(" ", 2)[0];
  }

  /** The commit of the sources, with {@link #DIRTY} if they were changed since. */
  public static String commit(CommandRunner commands) {
    String commit = commands.read("git", "describe", "--always", "--dirty=" + DIRTY);
    return commit.isEmpty() ? "unknown" : commit;
  }

  private static String field(String file, String name) {
    return text(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  private static String text(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
