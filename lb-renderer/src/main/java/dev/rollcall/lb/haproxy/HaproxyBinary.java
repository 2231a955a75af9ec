package dev.rollcall.lb.haproxy;

import dev.rollcall.lb.haproxy.Haproxy.ConfigCheck;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The program {@code haproxy} on this machine. Immutable and thread-safe.
 *
 * @see <a href="https://docs.haproxy.org/3.2/management.html#3">Management guide, 3. Starting
 *     HAProxy</a>
 */
public final class HaproxyBinary {

  /**
   * Parsing takes well below a second; slow DNS takes longer, and 20,000 certificates half a
   * minute.
   */
  public static final Duration CHECK_LIMIT = Duration.ofMinutes(3);

  private final Path path;
  private final Duration checkLimit;

  private HaproxyBinary(Path path, Duration checkLimit) {
    this.path = path;
    this.checkLimit = checkLimit;
  }

  /**
   * The binary at a path.
   *
   * @throws HaproxyUnavailableException when there is none that this user may execute
   */
  public static HaproxyBinary at(Path path) throws HaproxyUnavailableException {
    if (!Files.exists(path)) {
      throw new HaproxyUnavailableException(
          "no HAProxy at " + path + ": install it or name another path");
    }
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      throw new HaproxyUnavailableException(
          "cannot run HAProxy at " + path + ": not an executable file");
    }
    return new HaproxyBinary(path.toAbsolutePath(), CHECK_LIMIT);
  }

  /** The same with another time limit for a {@link #check}. */
  public HaproxyBinary withCheckTimeout(Duration limit) {
    return new HaproxyBinary(path, limit);
  }

  /** Absolute. */
  public Path path() {
    return path;
  }

  /**
   * Runs {@code haproxy -c}. Only exit code 0 passes: 2 means "valid, and nothing would listen".
   *
   * @param candidate a readable file
   */
  public ConfigCheck check(Path candidate) {
    try {
      Result ended = run(List.of(path.toString(), "-c", "-f", candidate.toString()), checkLimit);
      if (ended.exitCode() == 0) {
        return new ConfigCheck.Passed();
      }
      if (ended.timedOut()) {
        return new ConfigCheck.TimedOut(
            "haproxy -c did not end within "
                + checkLimit.toSeconds()
                + " s: give it more with --check-timeout");
      }
      return new ConfigCheck.Refused(
          HaproxyMessage.alerts(ended.output(), "haproxy -c ended with " + ended.exitCode()));
    } catch (IOException e) {
      return new ConfigCheck.Unavailable("cannot run " + path + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ConfigCheck.Unavailable("interrupted while haproxy -c ran");
    }
  }

  private static final int MAX_OUTPUT_BYTES = 64 * 1024;

  /** For output that is still in the pipe when a command has ended. */
  private static final Duration OUTPUT_TIMEOUT = Duration.ofSeconds(2);

  /**
   * How a command ended.
   *
   * @param exitCode negative when it was killed at its time limit
   * @param output standard output and error as they came, cut at 64 kB
   */
  record Result(int exitCode, String output) {

    boolean timedOut() {
      return exitCode < 0;
    }
  }

  /**
   * Runs a command without a shell, environment and standard input, and kills it at its time limit.
   */
  static Result run(List<String> command, Duration limit) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    Process process = builder.start();
    try {
      process.getOutputStream().close();
      InputStream stream = process.getInputStream();
      CompletableFuture<String> output = new CompletableFuture<>();
      Thread reader =
          new Thread(() -> output.complete(readOutput(stream)), "output-of-" + process.pid());
      reader.setDaemon(true);
      reader.start();
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        // By its handle, which does not close the pipe before it was read.
        process.toHandle().destroyForcibly();
      }
      return new Result(ended ? process.exitValue() : -1, awaitOutput(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String awaitOutput(CompletableFuture<String> output) throws InterruptedException {
    try {
      return output.get(OUTPUT_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return "";
    }
  }

  /** Reads to the end, so that the command never blocks on a full pipe; keeps the first 64 kB. */
  private static String readOutput(InputStream stream) {
    try (stream) {
      byte[] kept = stream.readNBytes(MAX_OUTPUT_BYTES);
      stream.transferTo(OutputStream.nullOutputStream());
      return new String(kept, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
