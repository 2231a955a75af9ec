package dev.rollcall.measure.faults;

import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.IntSummaryStatistics;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Looks twice a second which servers of a pool are up, and keeps what it saw in {@code pool.tsv}.
 * Thread-safe.
 */
public final class PoolWatcher implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final Path file;
  private final Supplier<Optional<Set<String>>> up;
  private final IntSummaryStatistics counts = new IntSummaryStatistics();
  private final Thread thread = new Thread(this::watch, "pool-watcher");

  /**
   * A watcher that has not begun.
   *
   * @param directory where its file goes
   * @param up the names of the servers that are up; empty while that cannot be told
   */
  public PoolWatcher(Path directory, Supplier<Optional<Set<String>>> up) {
    file = directory.resolve("pool.tsv");
    this.up = up;
    thread.setDaemon(true);
  }

  /** Begins to look; once only. */
  public void start() {
    thread.start();
  }

  private void watch() {
    try {
      while (true) {
        Optional<Set<String>> servers = up.get();
        if (servers.isPresent()) {
          synchronized (counts) {
            counts.accept(servers.get().size());
          }
        }
        String line =
            System.currentTimeMillis() + "\t" + String.join(" ", servers.orElse(Set.of())) + "\n";
        Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Waiting.sleep(PAUSE);
      }
    } catch (IOException e) {
      if (!Thread.currentThread().isInterrupted()) {
        throw new UncheckedIOException(e);
      }
    } catch (IllegalStateException interrupted) {
      // Nobody wants to know any more.
    }
  }

  /** The fewest that were up at once. */
  public int fewest() {
    synchronized (counts) {
      return counts.getMin();
    }
  }

  /** The most that were up at once. */
  public int most() {
    synchronized (counts) {
      return counts.getMax();
    }
  }

  /** Ends looking; what was seen stays. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
