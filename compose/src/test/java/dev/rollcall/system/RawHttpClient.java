package dev.rollcall.system;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** A published port as a client finds it that keeps no rules: bytes out, bytes in. */
record RawHttpClient(URI address) {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9][0-9]) ");
  private static final int MOST = 1 << 20;

  /**
   * What came back.
   *
   * @param text in ISO 8859-1; the first megabyte
   * @param closed whether the other side closed, before it had been quiet for too long
   */
  record Answer(String text, boolean closed) {
    /** The status of each answer in it. */
    List<Integer> statuses() {
      return STATUS.matcher(text).results().map(found -> Integer.valueOf(found.group(1))).toList();
    }
  }

  Socket connect() throws IOException {
    return new Socket(address.getHost(), address.getPort());
  }

  /** Sends all of it at once, and takes what comes until nothing has for so long. */
  Answer ask(String request, Duration quiet) throws IOException {
    try (Socket socket = connect()) {
      socket.setSoTimeout(Math.toIntExact(quiet.toMillis()));
      try {
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      } catch (SocketException refused) {
        // Answered and closed before all was sent; the answer may still be there.
      }
      return read(socket);
    }
  }

  /** What comes until the other side closes, or nothing has come for the socket's time-out. */
  static Answer read(Socket socket) throws IOException {
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    InputStream in = socket.getInputStream();
    boolean closed = false;
    try {
      while (!closed && got.size() < MOST) {
        int count = in.read(buffer);
        closed = count < 0;
        got.write(buffer, 0, Math.max(count, 0));
      }
    } catch (SocketTimeoutException quiet) {
      // As long as it is open there is nothing more to tell.
    } catch (SocketException reset) {
      closed = true;
    }
    return new Answer(got.toString(StandardCharsets.ISO_8859_1), closed);
  }
}
