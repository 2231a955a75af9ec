package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clients who take their time, many at once, cost the others nothing. */
@ExtendWith(StackExtension.class)
class SlowClientsIT {
  /** {@code timeout http-request} in the built-in template. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** A second between two bytes, and what a busy machine adds. */
  private static final Duration GRACE = Duration.ofSeconds(8);

  private static final String BEGUN = "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ";
  private static final String GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @Test
  void aHeaderAByteASecondIsCutAndNobodyElseNotices(Stack stack) throws Exception {
    List<Socket> slow = new ArrayList<>();
    try (SteadyClients load = SteadyClients.on(stack.site())) {
      // Whoever sends a body a byte a second, and whoever reads none of many answers, is slow too.
      open(stack, slow, 50, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx");
      open(stack, slow, 50, GET.repeat(200));
      List<Socket> headers = new ArrayList<>();
      open(stack, headers, 200, BEGUN);
      slow.addAll(headers);

      Duration longest = secondsUntilAllAreCut(headers);

      load.assertNoneFailed();
      assertThat(longest).isBetween(LIMIT.minusSeconds(2), LIMIT.plus(GRACE));
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  private static void open(Stack stack, List<Socket> sockets, int count, String begin)
      throws IOException {
    for (int i = 0; i < count; i++) {
      Socket socket = stack.rawSite().connect();
      sockets.add(socket);
      socket.getOutputStream().write(begin.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  /** A byte a second on each that is open still; each that is cut was told why. */
  private static Duration secondsUntilAllAreCut(List<Socket> sockets) throws Exception {
    List<Socket> open = new ArrayList<>(sockets);
    long begin = System.nanoTime();
    while (!open.isEmpty()) {
      Duration passed = Duration.ofNanos(System.nanoTime() - begin);
      assertThat(passed).as("%d are open still", open.size()).isLessThan(LIMIT.plus(GRACE));
      Thread.sleep(1000);
      for (Socket socket : List.copyOf(open)) {
        if (isCut(socket)) {
          open.remove(socket);
        }
      }
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static boolean isCut(Socket socket) throws IOException {
    socket.setSoTimeout(1);
    try {
      byte[] answer = socket.getInputStream().readNBytes(12);
      assertThat(new String(answer, StandardCharsets.ISO_8859_1)).isEqualTo("HTTP/1.1 408");
      return true;
    } catch (SocketTimeoutException open) {
      OutputStream out = socket.getOutputStream();
      out.write('x');
      return false;
    }
  }
}
