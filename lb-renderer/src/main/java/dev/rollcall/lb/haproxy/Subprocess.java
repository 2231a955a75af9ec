package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One run of a command without a shell, with nothing of this process's environment and nothing on
 * its standard input, bounded in time and output.
 */
final class Subprocess {

  private static final int MOST_OUTPUT = 64 * 1024;

  /** What a command's processes get at least until their output is given up. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private Subprocess() {}

  /**
   * How it ended.
   *
   * @param exitCode negative when it was killed at its time limit
   * @param output standard output and error as they came, cut at 64 kB
   */
  record Result(int exitCode, String output) {

    boolean timedOut() {
      return exitCode < 0;
    }
  }

  /** Runs it, and kills it at the limit. */
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
        // By its handle, which does not close the pipe before its last words were read.
        process.toHandle().destroyForcibly();
      }
      return new Result(ended ? process.exitValue() : -1, awaitOutput(output));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String awaitOutput(CompletableFuture<String> output) throws InterruptedException {
    try {
      return output.get(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return "";
    }
  }

  /** Reads to the end, so that the command never blocks on a full pipe, and keeps the beginning. */
  private static String readOutput(InputStream stream) {
    try (stream) {
      byte[] kept = stream.readNBytes(MOST_OUTPUT);
      stream.transferTo(OutputStream.nullOutputStream());
      return new String(kept, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
