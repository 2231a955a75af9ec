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
final class OutputLines {

  private static final int MOST_KEPT = 200;
  private static final int MOST_LENGTH = 2000;

  private final Consumer<String> sink;
  private final Deque<String> kept = new ArrayDeque<>();
  private long count;

  OutputLines(Consumer<String> sink) {
    this.sink = sink;
  }

  /** Reads to the end of the stream, on the calling thread. */
  void drain(InputStream stream) {
    byte[] line = new byte[MOST_LENGTH];
    int length = 0;
    try (stream) {
      for (int next = stream.read(); next >= 0; next = stream.read()) {
        if (next == '\n') {
          take(line, length);
          length = 0;
        } else if (length < MOST_LENGTH) {
          line[length++] = (byte) next;
        }
      }
    } catch (IOException e) {
      // The process is gone, and with it the pipe.
    }
    take(line, length);
  }

  /** How many lines there were so far. */
  synchronized long count() {
    return count;
  }

  /** The lines after a count, as far as they are kept. */
  synchronized List<String> since(long mark) {
    long wanted = Math.min(count - mark, kept.size());
    return kept.stream().skip(Math.max(0, kept.size() - wanted)).toList();
  }

  private void take(byte[] line, int length) {
    if (length == 0) {
      return;
    }
    String text = new String(line, 0, length, StandardCharsets.UTF_8).stripTrailing();
    synchronized (this) {
      count++;
      kept.addLast(text);
      if (kept.size() > MOST_KEPT) {
        kept.removeFirst();
      }
    }
    try {
      sink.accept(text);
    } catch (RuntimeException | Error e) {
      // This line is lost. Whoever stops reading has the process wait for ever at its full pipe.
    }
  }
}
