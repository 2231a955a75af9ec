package dev.rollcall.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One command line as a user would type it, with a bound on its time. Immutable. */
record Command(
    List<String> words, Path directory, Map<String, String> environment, Duration limit) {

  static Command of(Path directory, String... words) {
    return new Command(List.of(words), directory, Map.of(), Duration.ofMinutes(5));
  }

  Command with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(more);
    return new Command(words, directory, Map.copyOf(all), limit);
  }

  Command within(Duration other) {
    return new Command(words, directory, environment, other);
  }

  /** What a finished command left: its exit code and what it printed. */
  record Finished(Command command, int exit, String out, String err) {

    Finished orFail() {
      if (exit != 0) {
        throw new AssertionError(this);
      }
      return this;
    }

    List<String> lines() {
      return out.lines().filter(line -> !line.isBlank()).toList();
    }

    @Override
    public String toString() {
      return "%s ended with %d%n%s%n%s".formatted(String.join(" ", command.words), exit, out, err);
    }
  }

  /** Runs the command; past its limit it is ended, and that is a failure. */
  Finished run() {
    try {
      Path out = Files.createTempFile("rollcall", ".out");
      Path err = Files.createTempFile("rollcall", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(words));
        builder.directory(directory.toFile());
        builder.environment().putAll(environment);
        // Files, not pipes: a process left in the background would hold a pipe open for ever.
        builder.redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Process process = builder.start();
        boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
          process.destroyForcibly().waitFor();
        }
        Finished finished =
            new Finished(
                this,
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
        if (!ended) {
          throw new AssertionError("not done after " + limit + ": " + finished);
        }
        return finished;
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
