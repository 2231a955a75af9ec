package dev.rollcall.lb.haproxy;

import java.io.BufferedInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A master process on this machine: started by this one, or by an earlier one that left it behind.
 * Thread-safe.
 */
final class HaproxyProcess {

  /** For HAProxy's own messages. */
  private static final Logger haproxyLog = LoggerFactory.getLogger("haproxy");

  private static final Logger log = LoggerFactory.getLogger(HaproxyProcess.class);

  /** From util-linux or busybox. Java itself cannot make a process group. */
  private static final List<Path> SETSID =
      List.of(Path.of("/usr/bin/setsid"), Path.of("/bin/setsid"));

  private static final Duration SIGNALLING = Duration.ofSeconds(2);
  private static final Duration KILLED = Duration.ofSeconds(1);
  private static final Duration OUTPUT_TIMEOUT = Duration.ofMillis(500);

  private final ProcessHandle handle;
  private final Output output;
  private final CompletableFuture<Integer> exitCode;

  private HaproxyProcess(ProcessHandle handle, Output output, CompletableFuture<Integer> exitCode) {
    this.handle = handle;
    this.output = output;
    this.exitCode = exitCode;
  }

  /**
   * Starts a master in the foreground, without a shell and, if there is {@code setsid}, in a
   * process group of its own, so that a terminal's Ctrl-C does not stop it. Of this process's
   * environment it gets the time zone only, so that a configuration cannot expand a secret. Its
   * standard output (mostly the access log) is inherited; its standard error goes to the logger
   * {@code haproxy}.
   */
  static HaproxyProcess start(HaproxyBinary binary, Path config, Path masterSocket)
      throws IOException {
    List<String> command = new ArrayList<>();
    SETSID.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString)
        .ifPresent(command::add);
    command.addAll(
        List.of(
            binary.path().toString(),
            "-W",
            "-db",
            "-S",
            masterSocket + ",mode,600",
            "-f",
            config.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.INHERIT);
    String zone = System.getenv("TZ");
    builder.environment().clear();
    if (zone != null) {
      builder.environment().put("TZ", zone);
    }
    Process process = builder.start();
    Output output = new Output(HaproxyProcess::logMessage);
    InputStream messages = new BufferedInputStream(process.getErrorStream());
    Thread reader = new Thread(() -> output.readAll(messages), "haproxy-messages-" + process.pid());
    reader.setDaemon(true);
    reader.start();
    log.info("started {}", String.join(" ", command));
    return new HaproxyProcess(
        process.toHandle(), output, process.onExit().thenApply(Process::exitValue));
  }

  /**
   * Adopts a master that runs already. Its messages and its exit code are not known.
   *
   * @param pid as its master socket told
   * @return empty if there is no such process
   */
  static Optional<HaproxyProcess> adopt(long pid) {
    return ProcessHandle.of(pid)
        .map(
            handle ->
                new HaproxyProcess(
                    handle, new Output(line -> {}), handle.onExit().thenApply(gone -> -1)));
  }

  long pid() {
    return handle.pid();
  }

  boolean alive() {
    return !exitCode.isDone() && handle.isAlive();
  }

  /** Completes with the exit code; -1 if it is not known. */
  CompletableFuture<Integer> exitCode() {
    return exitCode.copy();
  }

  /** How many messages there were so far, for {@link #alertsSince}. */
  long messageCount() {
    return output.lineCount();
  }

  /**
   * The alerts after a number of messages; waits a moment for them.
   *
   * @param otherwise the result when there is none
   */
  String alertsSince(long mark, String otherwise) throws InterruptedException {
    long deadline = System.nanoTime() + OUTPUT_TIMEOUT.toNanos();
    while (output.since(mark).stream().noneMatch(line -> line.startsWith("[ALERT]"))
        && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    List<String> alerts =
        output.since(mark).stream().filter(line -> line.startsWith("[ALERT]")).toList();
    return HaproxyMessage.alerts(String.join("\n", alerts), otherwise);
  }

  /**
   * Stops it with SIGUSR1, which lets requests in flight end, then with SIGTERM, then with SIGKILL.
   */
  void stop(Duration graceful, Duration terminate) {
    if (alive() && signalSoftStop() && endsWithin(graceful)) {
      return;
    }
    if (alive()) {
      log.warn(
          "HAProxy {} did not end by itself within {} s: terminating it",
          pid(),
          graceful.toSeconds());
      handle.destroy();
      if (!endsWithin(terminate)) {
        log.warn("HAProxy {} does not end: killing it", pid());
        // A worker that is suspended would not notice.
        List<ProcessHandle> workers = handle.descendants().toList();
        handle.destroyForcibly();
        workers.forEach(ProcessHandle::destroyForcibly);
        endsWithin(KILLED);
      }
    }
  }

  /** Sends SIGUSR1, which Java cannot; every POSIX shell has {@code kill}. */
  private boolean signalSoftStop() {
    List<String> command = List.of("/bin/sh", "-c", "kill -s USR1 \"$0\"", Long.toString(pid()));
    try {
      return HaproxyBinary.run(command, SIGNALLING).exitCode() == 0;
    } catch (IOException e) {
      log.warn("cannot send SIGUSR1 to HAProxy: {}", e.getMessage());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean endsWithin(Duration limit) {
    try {
      exitCode.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void logMessage(String line) {
    if (line.startsWith("[ALERT]")) {
      haproxyLog.error("{}", line);
    } else if (line.startsWith("[WARNING]")) {
      haproxyLog.warn("{}", line);
    } else {
      haproxyLog.info("{}", line);
    }
  }

  /**
   * Reads the output of a process line by line, passes each line on and keeps the latest. Lines and
   * memory are bounded. Thread-safe.
   */
  static final class Output {

    private static final int MAX_LINES = 200;
    private static final int MAX_LENGTH = 2000;

    private final Consumer<String> listener;
    private final Deque<String> kept = new ArrayDeque<>();
    private long count;

    Output(Consumer<String> listener) {
      this.listener = listener;
    }

    /** Reads to the end of the stream, on the calling thread. */
    void readAll(InputStream stream) {
      byte[] line = new byte[MAX_LENGTH];
      int length = 0;
      try (stream) {
        for (int next = stream.read(); next >= 0; next = stream.read()) {
          if (next == '\n') {
            add(line, length);
            length = 0;
          } else if (length < MAX_LENGTH) {
            line[length++] = (byte) next;
          }
        }
      } catch (IOException e) {
        // The process has exited.
      }
      add(line, length);
    }

    /** How many lines there were so far. */
    synchronized long lineCount() {
      return count;
    }

    /** The lines after a number of lines, as far as they are kept. */
    synchronized List<String> since(long mark) {
      long wanted = Math.min(count - mark, kept.size());
      return kept.stream().skip(Math.max(0, kept.size() - wanted)).toList();
    }

    private void add(byte[] line, int length) {
      if (length == 0) {
        return;
      }
      String text = new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing();
      synchronized (this) {
        count++;
        kept.addLast(text);
        if (kept.size() > MAX_LINES) {
          kept.removeFirst();
        }
      }
      try {
        listener.accept(text);
      } catch (RuntimeException | Error e) {
        // This line is lost. Reading goes on, or the process would block on a full pipe.
      }
    }
  }
}
