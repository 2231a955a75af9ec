package dev.rollcall.lb.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusServerTest {
  private static final Duration BOUND = Duration.ofSeconds(20);

  private final StatusServer server;

  StatusServerTest() throws IOException {
    server =
        StatusServer.start(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Map.of(
                "/a",
                () -> StatusServer.Response.text(200, "page"),
                "/gone",
                () -> StatusServer.Response.text(503, "no"),
                "/broken",
                () -> {
                  throw new OutOfMemoryError("as if");
                }),
            List.of("lb.example.com"));
  }

  @AfterEach
  void close() {
    server.close();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.connect(server.address());
    socket.setSoTimeout(Math.toIntExact(BOUND.toMillis()));
    return socket;
  }

  /** All that comes back; nothing if the server closes at once. */
  private String exchange(String request) throws IOException {
    try (Socket socket = connect();
        InputStream in = socket.getInputStream()) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (SocketException closed) {
      return "";
    }
  }

  private String get(String path) throws IOException {
    return exchange("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  @Test
  void answersItsPagesAndNoOthers() throws IOException {
    assertThat(get("/a")).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\npage\n");
    assertThat(get("/gone")).startsWith("HTTP/1.1 503 ").endsWith("\r\n\r\nno\n");
    assertThat(get("/")).startsWith("HTTP/1.1 404 ").endsWith("there are /a, /broken, /gone\n");
    assertThat(get("/a/../../etc/passwd")).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void keepsBrowsersToItsOwnScripts() throws IOException {
    for (String path : List.of("/a", "/gone", "/unknown")) {
      assertThat(get(path))
          .containsIgnoringCase("Content-Security-Policy: default-src 'none'; script-src 'self';")
          .containsIgnoringCase("X-Content-Type-Options: nosniff\r\n")
          .containsIgnoringCase("Cache-Control: no-store\r\n")
          .doesNotContain("unsafe-");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1:8404",
        "192.0.2.7",
        "[::1]:8404",
        "[2001:db8::1]",
        "localhost:8404",
        "me.localhost",
        "lb-renderer:8404",
        "LB.example.com.:8404",
      })
  void answersUnderItsOwnNames(String host) throws IOException {
    assertThat(exchange("GET /a HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8404",
        "127.0.0.1.evil.example",
        "lb.example.com.evil.example",
        "x.lb.example.com",
        "1.2.3.4.5",
      })
  void answersUnderNoOtherName(String host) throws IOException {
    assertThat(exchange("GET /a HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 421 ")
        .contains("--status-host")
        .doesNotContain("page");
  }

  @Test
  void answersARequestWithoutAName() throws IOException {
    assertThat(exchange("GET /a HTTP/1.0\r\n\r\n")).contains(" 200 ");
  }

  @Test
  void answersOthersAfterAnErrorOfAPage() throws IOException {
    assertThat(get("/broken")).startsWith("HTTP/1.1 500 ");
    assertThat(get("/a")).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void answersAHeadWithoutABody() throws IOException {
    assertThat(exchange("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ")
        .containsIgnoringCase("content-length: 5\r\n")
        .endsWith("\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"})
  void refusesEveryOtherMethodWithoutReadingABody(String method) throws IOException {
    assertThat(exchange(method + " /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .containsIgnoringCase("allow: GET, HEAD");
  }

  @Test
  void answersAGetThatAnnouncesABodyWithoutReadingIt() throws IOException {
    assertThat(exchange("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void dropsARequestWithoutEnd() throws IOException {
    StringBuilder headers = new StringBuilder("GET /a HTTP/1.1\r\n");
    for (int i = 0; i < 1000; i++) {
      headers.append("X-").append(i).append(": x\r\n");
    }
    assertThat(exchange(headers.toString())).doesNotContain("200");
    assertThat(exchange("GET /" + "x".repeat(1 << 20))).doesNotContain("200");
    assertThat(get("/a")).startsWith("HTTP/1.1 200 ");
  }

  private List<Socket> slow(int count) throws IOException {
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Socket socket = connect();
      slow.add(socket);
      socket.getOutputStream().write("GET /a HT".getBytes(StandardCharsets.ISO_8859_1));
    }
    return slow;
  }

  private static void closeAll(List<Socket> sockets) throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void answersOthersWhileSomeAreSlow() throws IOException {
    List<Socket> slow = slow(20);
    try {
      assertThat(get("/a")).startsWith("HTTP/1.1 200 ");
    } finally {
      closeAll(slow);
    }
  }

  @Test
  void recoversFromMoreSlowRequestsThanItTakes() throws IOException {
    List<Socket> slow = slow(100);
    try {
      Awaitility.await().atMost(BOUND).until(() -> get("/a").startsWith("HTTP/1.1 200 "));

      assertThat(
              Thread.getAllStackTraces().keySet().stream()
                  .filter(thread -> thread.getName().startsWith("status-")))
          .hasSizeLessThanOrEqualTo(32);
    } finally {
      closeAll(slow);
    }
  }

  @Test
  void failsWhenTheAddressIsInUse() {
    assertThatThrownBy(() -> StatusServer.start(server.address(), Map.of(), List.of()))
        .isInstanceOf(BindException.class);
  }
}
