package dev.rollcall.lb.update;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Clients that keep their connections, ask all the time and never ask twice: each request that got
 * no whole answer counts as lost. (The JDK's own clients try again by themselves, which hides
 * losses.)
 */
public final class KeepAliveClient {

  private static final byte[] REQUEST =
      "GET / HTTP/1.1\r\nHost: site\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final URI site;
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicLong answered = new AtomicLong();
  private final List<String> lost = new CopyOnWriteArrayList<>();

  public KeepAliveClient(URI site, int connections) {
    this.site = site;
    for (int number = 0; number < connections; number++) {
      Thread thread = new Thread(this::ask, "client-" + number);
      thread.start();
      threads.add(thread);
    }
  }

  public long answered() {
    return answered.get();
  }

  /** What became of each lost request. */
  public List<String> lost() {
    return lost;
  }

  /** Ends after the requests that are under way. */
  public void end() throws InterruptedException {
    ended.set(true);
    for (Thread thread : threads) {
      thread.join(10_000);
    }
  }

  private void ask() {
    Connection connection = null;
    int asked = 0;
    while (!ended.get()) {
      try {
        if (connection == null) {
          connection = new Connection(site);
          asked = 0;
        }
        boolean keeps = connection.request();
        asked++;
        answered.incrementAndGet();
        if (!keeps) {
          connection.close();
          connection = null;
        }
      } catch (IOException e) {
        lost.add("after " + asked + " on this connection: " + e);
        connection = null;
      }
    }
    closeQuietly(connection);
  }

  private static void closeQuietly(@Nullable Connection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        // Nothing was asked on it.
      }
    }
  }

  private static final class Connection implements AutoCloseable {

    private final Socket socket;
    private final OutputStream out;
    private final BufferedReader in;

    Connection(URI site) throws IOException {
      socket = new Socket(site.getHost(), site.getPort());
      socket.setSoTimeout(10_000);
      out = socket.getOutputStream();
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Returns whether the server keeps the connection. */
    boolean request() throws IOException {
      out.write(REQUEST);
      out.flush();
      String status = in.readLine();
      if (status == null) {
        throw new IOException("closed without an answer");
      }
      if (!status.startsWith("HTTP/1.1 200 ")) {
        throw new IOException(status);
      }
      int length = 0;
      boolean keeps = true;
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        String header = line.toLowerCase(Locale.ROOT);
        if (header.startsWith("content-length: ")) {
          length = Integer.parseInt(header.substring("content-length: ".length()));
        }
        keeps &= !header.equals("connection: close");
      }
      for (int read = 0; read < length; read++) {
        if (in.read() < 0) {
          throw new IOException("closed within an answer");
        }
      }
      return keeps;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
