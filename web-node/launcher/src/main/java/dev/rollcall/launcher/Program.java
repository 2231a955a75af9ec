package dev.rollcall.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that runs as a child of this process, with its input, output and environment.
 * Thread-safe.
 */
final class Program {
  private static final Logger log = LoggerFactory.getLogger(Program.class);

  private final Process process;

  private Program(Process process) {
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @throws IOException if it is not there, or cannot be executed
   */
  static Program start(List<String> command) throws IOException {
    return new Program(new ProcessBuilder(command).inheritIO().start());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits until it has ended.
   *
   * @return its exit code; 128 and the signal's number if a signal has ended it
   */
  int await() throws InterruptedException {
    return process.waitFor();
  }

  /** Waits at most so long; true if it has ended. */
  boolean await(Duration atMost) throws InterruptedException {
    return process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Sends it a signal; nothing if it has ended.
   *
   * @param name without SIG, such as {@code HUP}
   */
  void signal(String name) {
    if (!process.isAlive()) {
      return;
    }
    try {
      // Java knows only TERM and KILL. The shell has a kill of its own, which small images lack.
      List<String> kill =
          List.of("sh", "-c", "kill -s \"$0\" \"$1\"", name, Long.toString(process.pid()));
      Process sent =
          new ProcessBuilder(kill)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      sent.getOutputStream().close();
      if (!sent.waitFor(5, TimeUnit.SECONDS) || (sent.exitValue() != 0 && process.isAlive())) {
        log.warn("SIG{} could not be sent to process {}", name, process.pid());
      }
    } catch (IOException e) {
      log.warn("SIG{} could not be sent to process {}: {}", name, process.pid(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Stops it: by its own signal, by TERM if that is another one, and by KILL; each is given so much
   * time. Returns when it has ended.
   */
  void stop(String signal, Duration timeout) {
    List<String> signals = new ArrayList<>(List.of(signal));
    if (!signal.equals("TERM")) {
      signals.add("TERM");
    }
    try {
      for (String each : signals) {
        signal(each);
        if (await(timeout)) {
          return;
        }
        log.warn("The program has not ended {} s after SIG{}", timeout.toSeconds(), each);
      }
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
