package dev.rollcall.launcher;

import dev.rollcall.discovery.HealthReport;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.time.Duration;
import java.util.Optional;

/**
 * How it is found out whether the program is well: by a TCP connection to its port on loopback, or
 * by a GET request there. Immutable.
 *
 * @param port the program's port
 * @param path what is asked for; empty if a connection is enough
 * @param timeout of one check as a whole
 */
record ProgramCheck(int port, Optional<String> path, Duration timeout) {
  private static final String HOST = "127.0.0.1";

  /**
   * Reads {@code tcp} or {@code http:/path}.
   *
   * @throws IllegalArgumentException one line that says what is wanted
   */
  static ProgramCheck parse(String text, int port, Duration timeout) {
    if (text.equals("tcp")) {
      return new ProgramCheck(port, Optional.empty(), timeout);
    }
    if (text.startsWith("http:/")) {
      String path = text.substring("http:".length());
      try {
        if (new URI("http://" + HOST + path).getHost() != null && !path.startsWith("//")) {
          return new ProgramCheck(port, Optional.of(path), timeout);
        }
      } catch (URISyntaxException e) {
        // Told below.
      }
    }
    throw new IllegalArgumentException(
        "--check is \"" + text + "\" but must be: tcp, or http:/path, such as http:/health");
  }

  /**
   * Checks once: an answer from 200 to 399 passes, 429 warns, all else is critical, as for Consul's
   * own checks, but that a redirection passes too.
   */
  HealthReport run() {
    try {
      return path.isPresent() ? ask(path.get()) : connect();
    } catch (IOException e) {
      return HealthReport.critical(name() + ": " + e.getMessage());
    }
  }

  private HealthReport connect() throws IOException {
    try (Socket socket = new Socket()) {
      InetAddress host = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
      socket.connect(new InetSocketAddress(host, port), (int) timeout.toMillis());
      return HealthReport.passing();
    }
  }

  private HealthReport ask(String wanted) throws IOException {
    URL url = URI.create("http://" + HOST + ":" + port + wanted).toURL();
    HttpURLConnection connection = (HttpURLConnection) url.openConnection();
    try {
      connection.setConnectTimeout((int) timeout.toMillis());
      connection.setReadTimeout((int) timeout.toMillis());
      connection.setInstanceFollowRedirects(false);
      connection.setRequestProperty("User-Agent", "rollcall-launcher");
      connection.setRequestProperty("Connection", "close");
      int status = connection.getResponseCode();
      if (status >= 200 && status < 400) {
        return HealthReport.passing();
      }
      String output = name() + ": status " + status;
      return status == 429 ? HealthReport.warning(output) : HealthReport.critical(output);
    } finally {
      connection.disconnect();
    }
  }

  /** What is checked, in words. */
  String name() {
    return path.map(wanted -> "GET " + wanted + " at port " + port).orElse("port " + port);
  }
}
