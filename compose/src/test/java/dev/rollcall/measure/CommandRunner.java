package dev.rollcall.measure;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs other programs without standard input. What they write to standard error goes to the log of
 * the run. Immutable, thread-safe.
 *
 * @param directory where they run
 * @param log the file to append to
 * @param environment what they get besides this process's environment
 * @param limit after which a program is killed
 */
public record CommandRunner(
    Path directory, Path log, Map<String, String> environment, Duration limit) {

  /**
   * What a program left.
   *
   * @param exit its exit code, or that of a signal
   * @param out its standard output
   */
  public record Result(int exit, String out) {
    /** The lines of its output that are not blank. */
    public List<String> lines() {
      return out.lines().filter(line -> !line.isBlank()).toList();
    }
  }

  /** The same with more in the environment. */
  public CommandRunner with(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(environment);
    all.putAll(more);
    return new CommandRunner(directory, log, Map.copyOf(all), limit);
  }

  /** The same with another limit. */
  public CommandRunner within(Duration other) {
    return new CommandRunner(directory, log, environment, other);
  }

  /** Runs it with all its output in the log; true if its exit code is 0. */
  public boolean run(List<String> words) {
    return await(start(words, Redirect.appendTo(log.toFile()), Redirect.appendTo(log.toFile())))
        == 0;
  }

  /** Runs it with all its output in the log; true if its exit code is 0. */
  public boolean run(String... words) {
    return run(List.of(words));
  }

  /** Runs it with all its output in the log; another exit code than 0 is an error. */
  public void runOrFail(List<String> words) {
    if (!run(words)) {
      throw new ExitException(
          ExitException.FAILED, "failed: " + String.join(" ", words) + "; see " + log);
    }
  }

  /** Runs it and takes its standard output. */
  public Result call(List<String> words) {
    Process process = start(words, Redirect.PIPE, Redirect.appendTo(log.toFile()));
    CompletableFuture<Void> killer =
        CompletableFuture.runAsync(
            process::destroyForcibly,
            CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS));
    try (InputStream out = process.getInputStream()) {
      String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      return new Result(process.waitFor(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      killer.cancel(false);
    }
  }

  /** Its standard output without blanks around it, or an empty text if it failed. */
  public String read(String... words) {
    Result result = call(List.of(words));
    return result.exit() == 0 ? result.out().strip() : "";
  }

  /** The same; a failure is an error. */
  public String readOrFail(String... words) {
    Result result = call(List.of(words));
    if (result.exit() != 0) {
      throw new ExitException(
          ExitException.FAILED, "failed: " + String.join(" ", words) + "; see " + log);
    }
    return result.out().strip();
  }

  /** Starts it in the background, all its output in that file; the caller ends it. */
  public Process start(Path output, List<String> words) {
    return start(words, Redirect.to(output.toFile()), Redirect.appendTo(output.toFile()));
  }

  private Process start(List<String> words, Redirect out, Redirect err) {
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out)
            .redirectError(err);
    builder.environment().putAll(environment);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private int await(Process process) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
