package dev.rollcall.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * One run of a program of {@code compose/measure}: its log, its lock, what it speaks, and what
 * {@code compose/measure/prepare} has found. The log is deleted if the run succeeds.
 */
public final class MeasurementRun implements AutoCloseable {
  private static final Duration LOCK_WAIT = Duration.ofMinutes(15);
  private static final Duration LOG_KEPT = Duration.ofDays(7);
  private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);

  /** Programs that are ended by a signal may take so long. */
  private static final Duration PROGRAM_END = Duration.ofSeconds(10);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final Path root = Path.of(environment("ROOT"));
  private final String script = environment("SCRIPT");
  private final Path out;
  private final Path log;
  private final Map<String, String> facts = new HashMap<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Deque<Runnable> cleanups = new ConcurrentLinkedDeque<>();
  private @Nullable FileLock lock;
  private volatile boolean succeeded;

  /** Opens the log; raw figures go to that directory, which is made. */
  public MeasurementRun(Path out) {
    this.out = out.toAbsolutePath().normalize();
    try {
      Path logs = Files.createDirectories(Path.of(environment("STATE")).resolve("log"));
      deleteOld(logs);
      String name =
          "%s-%s-%d.log"
              .formatted(
                  Path.of(script).getFileName(),
                  LocalDateTime.now(ZoneId.systemDefault())
                      .format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss")),
                  ProcessHandle.current().pid());
      log = Files.createFile(logs.resolve(name));
      Files.createDirectories(this.out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread main = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> closeOnSignal(main), "cleanup"));
  }

  /**
   * Runs a command of picocli's: its error is one line on standard error, and so is an {@link
   * ExitException}. Returns the exit code.
   */
  public static int execute(Callable<Integer> command, String[] arguments) {
    String script = environment("SCRIPT");
    CommandLine line = new CommandLine(command);
    line.setParameterExceptionHandler(
        (e, args) -> {
          System.err.printf("%s: %s; see %s --help%n", script, e.getMessage(), script);
          return ExitException.USAGE;
        });
    line.setExecutionExceptionHandler(
        (e, commandLine, result) -> {
          if (e instanceof ExitException exit) {
            if (!String.valueOf(exit.getMessage()).isEmpty()) {
              System.err.printf("%s: %s%n", script, exit.getMessage());
            }
            return exit.code();
          }
          throw e;
        });
    return line.execute(arguments);
  }

  /** A variable that the script has set. */
  public static String environment(String name) {
    return Objects.requireNonNull(System.getenv(name), name);
  }

  /** A variable, or the default if it is not set or empty. */
  public static String environment(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  /** A line on standard output. */
  public static void say(String format, Object... arguments) {
    System.out.printf(format + "%n", arguments);
  }

  /** A line on standard error. */
  public static void warn(String format, Object... arguments) {
    System.err.printf(format + "%n", arguments);
  }

  /** The root of the sources. */
  public Path root() {
    return root;
  }

  /** {@code compose/}. */
  public Path compose() {
    return root.resolve("compose");
  }

  /** {@code compose/measure/}. */
  public Path measure() {
    return compose().resolve("measure");
  }

  /** Where tables and raw figures go. */
  public Path out() {
    return out;
  }

  /** The log of this run. */
  public Path log() {
    return log;
  }

  /** Runs programs at the root of the sources, with what was prepared in their environment. */
  public CommandRunner commands() {
    return new CommandRunner(root, log, Map.copyOf(facts), COMMAND_LIMIT);
  }

  /** This run alone goes on; another one of the same name waits its turn, for 15 minutes. */
  public void lock(String name) {
    Path file = Path.of(environment("STATE")).resolve(name + ".lock");
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      if (lock == null) {
        say("Waiting for another run (%s) …", file);
        Waiting.until(LOCK_WAIT, Duration.ofSeconds(1), () -> locked(channel));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (lock == null) {
      throw new ExitException(
          ExitException.FAILED,
          "another run still holds %s after %d s; end it, then try again"
              .formatted(file, LOCK_WAIT.toSeconds()));
    }
  }

  private boolean locked(FileChannel channel) {
    try {
      lock = channel.tryLock();
      return lock != null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Sees to what is needed of this machine by {@code compose/measure/prepare}, which speaks for
   * itself and ends this run with its own exit code if it fails. What it found is in {@link #fact}.
   */
  public void prepare(Map<String, String> environment, List<String> needs) {
    Path found = out.resolve("prepared");
    List<String> words = new ArrayList<>(List.of(measure().resolve("prepare").toString()));
    words.add(found.toString());
    words.addAll(needs);
    ProcessBuilder builder = new ProcessBuilder(words).inheritIO();
    builder.environment().put("FOR_SCRIPT", script);
    builder.environment().putAll(environment);
    try {
      int exit = await(builder.start());
      if (exit != 0) {
        throw new ExitException(exit, "");
      }
      for (String line : Files.readAllLines(found)) {
        int equals = line.indexOf('=');
        facts.put(line.substring(0, equals), line.substring(equals + 1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int await(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What {@link #prepare} found under that name, or an empty text. */
  public String fact(String name) {
    return facts.getOrDefault(name, "");
  }

  /** Does a slow step, and tells how long it took. */
  public void step(String words, Runnable action) {
    Instant began = Instant.now();
    action.run();
    say("  %-52s %6.1f s", words, Duration.between(began, Instant.now()).toMillis() / 1e3);
  }

  /** Done at the end, however this run ends; the last one first. It may be done twice. */
  public void atEnd(Runnable cleanup) {
    cleanups.addFirst(cleanup);
  }

  /** Does what was given to {@link #atEnd} now; if this is interrupted, it is due at the end. */
  public void cleanUp(Runnable cleanup) {
    cleanup.run();
    cleanups.remove(cleanup);
  }

  /** The run has done what it should: its log is not kept. */
  public void succeeded() {
    succeeded = true;
  }

  /**
   * Takes away what was started; if a signal has come, that is done by the thread that ends the
   * JVM.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      cleanUp();
      closed.countDown();
    } else {
      awaitEndOfJvm();
    }
  }

  /**
   * A signal ends the JVM through this: the programs that run now are ended, those that prepare the
   * machine among them, and what was started is taken away. A cleanup that has begun goes on.
   */
  private void closeOnSignal(Thread main) {
    if (closing.compareAndSet(false, true)) {
      endPrograms(main);
      cleanUp();
    } else {
      Waiting.uninterruptibly(closed);
    }
  }

  /** The main thread has nothing more to say: the JVM ends when the cleanup has. */
  private static void awaitEndOfJvm() {
    Waiting.uninterruptibly(new CountDownLatch(1));
  }

  /** Those of programs are ended, too: they are listed while their parents are still there. */
  private static void endPrograms(Thread main) {
    List<ProcessHandle> programs = ProcessHandle.current().descendants().toList();
    programs.forEach(ProcessHandle::destroy);
    main.interrupt();
    Waiting.until(PROGRAM_END, PAUSE, () -> programs.stream().noneMatch(ProcessHandle::isAlive));
    programs.forEach(ProcessHandle::destroyForcibly);
  }

  private void cleanUp() {
    for (Runnable cleanup = cleanups.poll(); cleanup != null; cleanup = cleanups.poll()) {
      try {
        cleanup.run();
      } catch (RuntimeException e) {
        warn("%s: cleaning up: %s", script, e);
      }
    }
    try {
      if (succeeded || Files.size(log) == 0) {
        Files.delete(log);
      } else {
        warn("The log of what was done: %s", log);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteOld(Path logs) throws IOException {
    Instant oldest = Instant.now().minus(LOG_KEPT);
    try (var files = Files.newDirectoryStream(logs, "*.log")) {
      for (Path file : files) {
        if (Files.getLastModifiedTime(file).toInstant().isBefore(oldest)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  /** The directory without what an earlier run has left there. */
  public static Path emptied(Path directory) {
    try {
      if (Files.exists(directory)) {
        try (Stream<Path> files = Files.walk(directory)) {
          for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
            Files.delete(file);
          }
        }
      }
      return Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a file anew. */
  public static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
