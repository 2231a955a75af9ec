package dev.rollcall.measure.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * GET requests for {@code /} over kept connections, at a constant rate whatever becomes of them: a
 * request counts from the moment that it was due, so that none that had to wait is left out. No
 * request is sent twice; like any client this one notices beforehand that the server has closed an
 * idle connection. Times are those of {@link System#nanoTime}. Started by its constructor;
 * thread-safe.
 */
final class SteadyLoad implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final byte[] REQUEST = "GET / HTTP/1.1\r\nHost: web\r\n\r\n".getBytes(ISO_8859_1);

  private final InetSocketAddress site;
  private final long interval;
  private final long began = System.nanoTime();
  private final AtomicLong next = new AtomicLong();
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final List<Thread> clients = new ArrayList<>();
  private volatile boolean ending;
  private volatile long end;

  /**
   * One request.
   *
   * @param due when it was due
   * @param ended when its answer was whole, or it was lost
   * @param body of the answer; null if it was lost
   */
  record Answer(long due, long ended, @Nullable String body) {
    boolean isLost() {
      return body == null;
    }
  }

  /**
   * What became of the requests that were due in a time.
   *
   * @param p99 of those that were answered, in milliseconds
   * @param longest the longest time that one of them took, in milliseconds
   * @param silence the longest time in which none was answered, in milliseconds
   */
  record Outcome(int requests, int lost, double p99, double longest, double silence) {
    static Outcome of(List<Answer> answers, long from, long to) {
      List<Answer> due =
          answers.stream().filter(each -> from <= each.due && each.due < to).toList();
      double[] times =
          due.stream()
              .filter(each -> !each.isLost())
              .mapToDouble(each -> (each.ended - each.due) / 1e6)
              .sorted()
              .toArray();
      long[] ends =
          answers.stream()
              .filter(each -> !each.isLost() && from <= each.ended && each.ended < to)
              .mapToLong(Answer::ended)
              .sorted()
              .toArray();
      long silence = 0;
      long last = from;
      for (long end : ends) {
        silence = Math.max(silence, end - last);
        last = end;
      }
      silence = Math.max(silence, to - last);
      int answered = times.length;
      return new Outcome(
          due.size(),
          due.size() - answered,
          answered == 0 ? 0 : times[(int) Math.ceil(answered * 0.99) - 1],
          answered == 0 ? 0 : times[answered - 1],
          silence / 1e6);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d requests, %d lost, p99 %.1f ms, longest %.0f ms, silence %.0f ms",
          requests,
          lost,
          p99,
          longest,
          silence);
    }
  }

  /**
   * Starts it.
   *
   * @param rate requests a second; infinite means that each client sends the next one at once
   * @param clients how many requests may be under way at most
   */
  SteadyLoad(InetSocketAddress site, double rate, int clients) {
    this.site = site;
    interval = (long) (1e9 / rate);
    for (int i = 0; i < clients; i++) {
      Thread client = new Thread(this::ask, "client-" + i);
      client.setDaemon(true);
      this.clients.add(client);
      client.start();
    }
  }

  /** How many requests a second so many clients get answered that never pause. */
  static double capacity(InetSocketAddress site, int clients, Duration time) {
    long end = System.nanoTime() + time.toNanos();
    try (SteadyLoad load = new SteadyLoad(site, Double.POSITIVE_INFINITY, clients)) {
      while (System.nanoTime() < end) {
        LockSupport.parkNanos(end - System.nanoTime());
      }
      return load.answers().stream().filter(each -> !each.isLost() && each.ended < end).count()
          / (time.toNanos() / 1e9);
    }
  }

  /** All that have ended, in no order. */
  List<Answer> answers() {
    return List.copyOf(answers);
  }

  /** The bodies of all answers. */
  Set<String> bodies() {
    Set<String> bodies = new HashSet<>();
    answers.forEach(
        answer -> {
          if (answer.body != null) {
            bodies.add(answer.body);
          }
        });
    return bodies;
  }

  /** No request becomes due any more; those that are due already are sent, and waited for. */
  @Override
  public void close() {
    end = System.nanoTime();
    ending = true;
    for (Thread client : clients) {
      try {
        client.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void ask() {
    SocketChannel connection = null;
    while (true) {
      long due = interval == 0 ? System.nanoTime() : began + next.getAndIncrement() * interval;
      for (long left = due - System.nanoTime();
          left > 0 && !ending;
          left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      if (ending && due >= end) {
        drop(connection);
        return;
      }
      String body = null;
      try {
        if (connection == null || isClosed(connection)) {
          drop(connection);
          connection = SocketChannel.open();
          connection.socket().connect(site, TIMEOUT_MILLIS);
          connection.socket().setSoTimeout(TIMEOUT_MILLIS);
          connection.socket().setTcpNoDelay(true);
        }
        connection.socket().getOutputStream().write(REQUEST);
        body = answer(connection.socket().getInputStream());
      } catch (IOException lost) {
        drop(connection);
        connection = null;
      }
      answers.add(new Answer(due, System.nanoTime(), body));
    }
  }

  /** Whether the server has closed a connection on which nothing is awaited. */
  private static boolean isClosed(SocketChannel connection) throws IOException {
    connection.configureBlocking(false);
    boolean closed;
    try {
      closed = connection.read(ByteBuffer.allocate(1)) != 0;
    } catch (IOException reset) {
      return true;
    }
    connection.configureBlocking(true);
    return closed;
  }

  private static void drop(@Nullable SocketChannel connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** The body of an answer with status 200 and a length. */
  private static String answer(InputStream in) throws IOException {
    byte[] bytes = new byte[4_096];
    int size = 0;
    while (true) {
      int read = in.read(bytes, size, bytes.length - size);
      if (read <= 0) {
        throw new EOFException("no whole answer");
      }
      size += read;
      String text = new String(bytes, 0, size, ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        continue;
      }
      String[] head = text.substring(0, end).split("\r\n", -1);
      if (!head[0].startsWith("HTTP/1.1 200 ")) {
        throw new IOException(head[0]);
      }
      int length =
          Arrays.stream(head)
              .filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
              .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
              .findFirst()
              .orElseThrow(() -> new IOException("an answer without a length"));
      if (size >= end + 4 + length) {
        return text.substring(end + 4, end + 4 + length).strip();
      }
    }
  }
}
