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

/**
 * One command line as a user would type it at the root of the repository, with a bound on its time.
 * Immutable.
 */
record Command(List<String> words, Map<String, String> environment, Duration limit) {

  static Command of(String... words) {
    return new Command(List.of(words), Map.of(), Duration.ofMinutes(5));
  }

  /** What {@code docker} with these words prints; a failure is an error. */
  static String docker(String... words) {
    return of("docker").and(words).output();
  }

  /** One of the built jars, run by the Java of this test. */
  static Command java(String jar) {
    return of(ProcessHandle.current().info().command().orElse("java"), "-jar", jar)
        .within(Duration.ofSeconds(60));
  }

  /** The same with more words at its end. */
  Command and(String... more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    return new Command(List.copyOf(all), environment, limit);
  }

  Command with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(more);
    return new Command(words, Map.copyOf(all), limit);
  }

  Command within(Duration other) {
    return new Command(words, environment, other);
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

  /** What it prints, without blanks around it; a failure is an error. */
  String output() {
    return run().orFail().out().strip();
  }

  /** Runs the command; past its limit it is ended, and that is a failure. */
  Finished run() {
    try {
      Path out = Files.createTempFile("rollcall", ".out");
      Path err = Files.createTempFile("rollcall", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.directory(Stack.ROOT.toFile());
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
