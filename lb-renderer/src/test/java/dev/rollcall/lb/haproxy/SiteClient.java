package dev.rollcall.lb.haproxy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The site behind HAProxy, asked by a client that never tries twice. */
public record SiteClient(String host, int port) {

  /** One request on a connection of its own; the text of the 200 that answers it. */
  String get(String path) throws IOException {
    try (Connection connection = connect()) {
      return connection.get(path, false);
    }
  }

  Connection connect() throws IOException {
    return new Connection(host, port);
  }

  /** A connection that can be asked again and again. */
  static final class Connection implements AutoCloseable {

    private final Socket socket;
    private final BufferedReader reader;
    private boolean open = true;

    Connection(String host, int port) throws IOException {
      socket = new Socket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(10_000);
      socket.connect(new InetSocketAddress(host, port), 10_000);
      reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Whether the last answer left it open. */
    boolean isOpen() {
      return open;
    }

    /** Asks; fails unless the answer is a whole 200. */
    String get(String path, boolean keep) throws IOException {
      String request =
          "GET " + path + " HTTP/1.1\r\nHost: site\r\n" + (keep ? "" : "Connection: close\r\n");
      socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.US_ASCII));
      String status = reader.readLine();
      if (status == null || !status.startsWith("HTTP/1.1 200 ")) {
        throw new IOException("answered " + status);
      }
      int length = -1;
      open = keep;
      for (String line = reader.readLine();
          line != null && !line.isEmpty();
          line = reader.readLine()) {
        String header = line.toLowerCase(Locale.ROOT);
        if (header.startsWith("content-length:")) {
          length = Integer.parseInt(header.substring("content-length:".length()).strip());
        } else if (header.startsWith("connection: close")) {
          open = false;
        }
      }
      return body(reader, length);
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }

    private static String body(Reader reader, int length) throws IOException {
      char[] body = new char[Math.max(0, length)];
      int read = 0;
      while (read < body.length) {
        int more = reader.read(body, read, body.length - read);
        if (more < 0) {
          throw new IOException("the answer ended after " + read + " of " + length + " bytes");
        }
        read += more;
      }
      if (length < 0) {
        throw new IOException("an answer without a length");
      }
      return new String(body);
    }
  }
}
