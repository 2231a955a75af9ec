package dev.rollcall.lb.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * HTTP/1.1 over one kept connection, with as little work as there can be: an answer is bytes in a
 * buffer, and nobody has looked at them when it is there. Used by one thread.
 */
final class PlainHttp implements AutoCloseable {
  private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] LAST_CHUNK = "\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  /** Longer than a blocking query waits. */
  private static final int TIMEOUT_MILLIS = 60_000;

  private final String host;
  private final Socket socket = new Socket();
  private byte[] buffer = new byte[64 << 10];
  private int length;
  private String head = "";

  PlainHttp(URI address) throws IOException {
    host = address.getAuthority();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(Endpoint.of(address.getHost(), address.getPort()), TIMEOUT_MILLIS);
  }

  /** Sends a request, and reads the whole answer, which must be 200. */
  void request(String method, String path, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String text =
        "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(method, path, host, bytes.length, body);
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    read(socket.getInputStream());
    if (!head.startsWith("http/1.1 200 ")) {
      throw new IOException(path + ": " + head.lines().findFirst().orElse(""));
    }
  }

  private void read(InputStream in) throws IOException {
    length = 0;
    int body = -1;
    int end = -1;
    while (true) {
      if (length == buffer.length) {
        buffer = Arrays.copyOf(buffer, 2 * length);
      }
      int more = in.read(buffer, length, buffer.length - length);
      if (more < 0) {
        throw new EOFException("Consul has closed the connection");
      }
      length += more;
      if (body < 0) {
        int at = find(buffer, 0, length, END_OF_HEAD);
        if (at < 0) {
          continue;
        }
        body = at + END_OF_HEAD.length;
        head = new String(buffer, 0, at, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        String content = header("content-length");
        end = content.isEmpty() ? -1 : body + Integer.parseInt(content);
      }
      // The last chunk of all comes at the very end: nothing is sent before the next request.
      if (end >= 0 ? length >= end : endsWith(LAST_CHUNK, body - 2)) {
        return;
      }
    }
  }

  private boolean endsWith(byte[] what, int from) {
    int at = length - what.length;
    return at >= from && Arrays.equals(buffer, at, length, what, 0, what.length);
  }

  /** A header of the last answer, in lower case; empty if there is none. */
  String header(String name) {
    return head.lines()
        .filter(line -> line.startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .findFirst()
        .orElse("");
  }

  /** Whether the last answer has these bytes; a text that is cut by two chunks is not seen. */
  boolean bodyHas(byte[] text) {
    return text.length > 0 && find(buffer, 0, length, text) >= 0;
  }

  private static int find(byte[] bytes, int from, int to, byte[] what) {
    for (int at = from; at <= to - what.length; at++) {
      if (bytes[at] == what[0]
          && Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
        return at;
      }
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
