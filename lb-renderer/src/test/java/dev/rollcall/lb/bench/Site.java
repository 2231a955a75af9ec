package dev.rollcall.lb.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client of the site over one kept connection, which it opens anew when the site has closed it.
 * Tells which server answers. For one thread.
 */
public final class Site implements AutoCloseable {
  /** How often whoever looks for an instance asks. */
  static final long PACE_NANOS = 250_000;

  private static final int TIMEOUT_MILLIS = 5000;

  private final InetSocketAddress address;
  private final byte[] request;
  private final byte[] buffer = new byte[4096];
  private @Nullable Socket socket;
  private boolean failed;

  /** Not connected yet; the address in digits, or a name of this machine. */
  public Site(String host, int port) {
    this(new InetSocketAddress(host, port));
  }

  Site(InetSocketAddress address) {
    this(address, "site");
  }

  /** As whom to ask: a site may choose the service by that. */
  Site(InetSocketAddress address, String host) {
    this.address = address;
    this.request =
        "GET / HTTP/1.1\r\nHost: %s\r\n\r\n".formatted(host).getBytes(StandardCharsets.US_ASCII);
  }

  /** The port of the server that answers; 0 if none does, or if there was no answer. */
  public int ask() {
    try {
      Socket open = socket;
      if (open == null) {
        open = new Socket();
        open.setTcpNoDelay(true);
        open.setSoTimeout(TIMEOUT_MILLIS);
        open.connect(address, TIMEOUT_MILLIS);
        socket = open;
      }
      open.getOutputStream().write(request);
      String answer = read(open.getInputStream());
      if (answer.contains("\r\nconnection: close")) {
        close();
      }
      failed = false;
      return answer.startsWith("HTTP/1.1 200 ")
          ? Integer.parseInt(answer.substring(answer.indexOf("\r\n\r\n") + 4))
          : 0;
    } catch (IOException e) {
      failed = true;
      close();
      return 0;
    }
  }

  /** Waits for the next turn of {@link #PACE_NANOS}, a time of {@link System#nanoTime}. */
  static void pauseUntil(long nanos) {
    long left = nanos - System.nanoTime();
    if (left > 0) {
      LockSupport.parkNanos(left);
    }
  }

  /** Whether the last request got no answer at all. */
  boolean failed() {
    return failed;
  }

  private String read(InputStream in) throws IOException {
    int length = 0;
    while (length < buffer.length) {
      int more = in.read(buffer, length, buffer.length - length);
      if (more < 0) {
        throw new IOException("closed");
      }
      length += more;
      String text = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
      int body = text.indexOf("\r\n\r\n") + 4;
      if (body > 3 && length - body >= contentLength(text)) {
        return text;
      }
    }
    throw new IOException("an answer of more than " + buffer.length + " bytes");
  }

  private static int contentLength(String text) {
    int at = text.indexOf("content-length: ");
    if (at < 0) {
      return 0;
    }
    int from = at + "content-length: ".length();
    return Integer.parseInt(text.substring(from, text.indexOf("\r\n", from)));
  }

  @Override
  public void close() {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        failed = true;
      }
      socket = null;
    }
  }
}
