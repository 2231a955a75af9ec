package dev.rollcall.lb.haproxy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Reads what a process says, line by line, hands each line on and keeps the latest. Lines and
 * memory are bounded. Thread-safe.
 */
final class ProcessOutput {

  private static final int MOST_KEPT = 200;
  private static final int MOST_LENGTH = 2000;

  private final Consumer<String> listener;
  private final Deque<String> kept = new ArrayDeque<>();
  private long lineCount;

  ProcessOutput(Consumer<String> sink) {
    this.listener = sink;
  }

  /** Reads to the end of the stream, on the calling thread. */
  void readAll(InputStream stream) {
    byte[] line = new byte[MOST_LENGTH];
    int length = 0;
    try (stream) {
      for (int next = stream.read(); next >= 0; next = stream.read()) {
        if (next == '\n') {
          add(line, length);
          length = 0;
        } else if (length < MOST_LENGTH) {
          line[length++] = (byte) next;
        }
      }
    } catch (IOException e) {
      // The process is gone, and with it the pipe.
    }
    add(line, length);
  }

  /** How many lines there were so far. */
  synchronized long lineCount() {
    return lineCount;
  }

  /** The lines after a count, as far as they are kept. */
  synchronized List<String> since(long mark) {
    long wanted = Math.min(lineCount - mark, kept.size());
    return kept.stream().skip(Math.max(0, kept.size() - wanted)).toList();
  }

  private void add(byte[] line, int length) {
    if (length == 0) {
      return;
    }
    String text = new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing();
    synchronized (this) {
      lineCount++;
      kept.addLast(text);
      if (kept.size() > MOST_KEPT) {
        kept.removeFirst();
      }
    }
    try {
      listener.accept(text);
    } catch (RuntimeException | Error e) {
      // This line is lost. Whoever stops reading has the process wait for ever at its full pipe.
    }
  }
}
