package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs that run for a moment, or beside the benchmark. */
final class Command {
  private static final long LIMIT_SECONDS = 60;

  private Command() {}

  /** Runs to its end, which must be good and soon, and returns what it wrote. */
  static String run(List<String> words) throws IOException {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (!ends(process, LIMIT_SECONDS)) {
      process.destroyForcibly();
      throw new IOException(words + " has not ended within " + LIMIT_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(words + " ended with " + process.exitValue() + ": " + output);
    }
    return output;
  }

  /** Runs beside us, its output in a file. */
  static Process start(Path log, List<String> words) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** Ends it and what it has started, forcibly if it does not go. */
  static void end(Process process) throws IOException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    if (!ends(process, 10)) {
      process.destroyForcibly();
    }
    children.forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean ends(Process process, long seconds) throws IOException {
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** The end of a log, for a message. */
  static String tail(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }
}
