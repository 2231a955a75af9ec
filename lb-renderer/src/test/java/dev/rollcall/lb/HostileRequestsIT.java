package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.lb.template.TemplateSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a server is sent of what a hostile client says: byte for byte, through a real HAProxy. */
class HostileRequestsIT {
  private static final String NEXT = "POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

  private static final List<EchoHaproxyContainer> SITES = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    for (String image : TestImages.haproxies()) {
      SITES.add(new EchoHaproxyContainer(image, TemplateSource.builtIn()));
    }
    SITES.add(
        new EchoHaproxyContainer(
            TestImages.haproxy(),
            TemplateSource.of(Path.of("../compose/templates/web-and-tcp.mustache"))));
    SITES.add(
        EchoHaproxyContainer.withTls(
            TestImages.haproxy(), TemplateSource.of(Path.of("../compose/templates/tls.mustache"))));
    SITES.parallelStream().forEach(EchoHaproxyContainer::start);
  }

  @AfterAll
  static void stop() {
    SITES.forEach(EchoHaproxyContainer::stop);
  }

  static List<EchoHaproxyContainer> sites() {
    return SITES;
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void nothingThatTheLoadBalancerSaysIsTheClients(EchoHaproxyContainer site) throws IOException {
    String got =
        got(
            site.exchange(
                """
                GET / HTTP/1.1
                Host: x
                X-Forwarded-For: 203.0.113.1
                x-forwarded-for: 203.0.113.2
                X_Forwarded_For: 203.0.113.3
                X-Forwarded_For: 203.0.113.4
                X-Forwarded-Proto: evil
                X_FORWARDED_PROTO: evil
                X-Forwarded-Host: evil.example
                X-Forwarded-Port: 666
                X-Forwarded-Prefix: /evil
                X-Forwarded-Server: evil.example
                X-Forwarded-Ssl: on
                X-Real-IP: 203.0.113.5
                Forwarded: for=203.0.113.6;host=evil.example
                Forwarded: for=203.0.113.7
                Proxy: http://evil.example/
                PROXY: http://evil.example/
                X-Kept: kept
                Connection: close, X-Forwarded-For, X-Forwarded-Proto

                """));

    assertThat(got).doesNotContain("203.0.113.", "evil", "666", "_");
    assertThat(fields(got))
        .containsExactlyInAnyOrder(
            "host", "x-kept", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto");
    assertThat(got)
        .contains(
            "\r\nx-forwarded-port: " + site.port() + "\r\n",
            "\r\nx-forwarded-proto: " + site.scheme() + "\r\n")
        .containsPattern("\r\nx-forwarded-for: [0-9a-f.:]+\r\n");
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void noRequestTurnsItsConnectionIntoAnotherProtocolButToAWebSocket(EchoHaproxyContainer site)
      throws IOException {
    String got =
        got(
            site.exchange(
                """
                GET / HTTP/1.1
                Host: x
                Connection: Upgrade, HTTP2-Settings
                Upgrade: h2c
                HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA

                """));
    assertThat(fields(got)).doesNotContain("upgrade", "connection", "http2-settings");

    assertThat(
            site.exchange(
                """
                GET / HTTP/1.1
                Host: x
                Connection: Upgrade, X-Forwarded-For
                Upgrade: websocket
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
                Sec-WebSocket-Version: 13

                """))
        .startsWith("HTTP/1.1 101 ")
        .endsWith("\r\n\r\nagreed\n");
  }

  /** As some scripts and probes do. HAProxy 3.3 and later refuse most of them by default. */
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void aClientThatHasClosedItsSendingSideIsAnswered(EchoHaproxyContainer site) throws IOException {
    for (int i = 0; i < 20; i++) {
      assertThat(site.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    }
  }

  /** HAProxy 2.6 and 3.0 take 2^64+1 for 1, and a server might take it for what it says. */
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void noLengthIsPassedOnThatIsNoNumberToSome(EchoHaproxyContainer site) throws IOException {
    String within64Bits = "9223372036854775808";
    for (String length : List.of("18446744073709551617", "18446744073709551616", within64Bits)) {
      String answer =
          site.exchange(
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n" + NEXT);
      if (answer.isEmpty() && length.equals(within64Bits)) {
        continue; // From 3.2 on HAProxy reads it, and may find first that its client sends no more.
      }
      assertThat(answer)
          .as(length)
          .startsWith("HTTP/1.1 4")
          .containsIgnoringCase("connection: close")
          .doesNotContain("/next");
    }
  }

  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void noChunksArePassedOnInAVersionThatHadNone(EchoHaproxyContainer site) throws IOException {
    assertThat(
            site.exchange(
                "POST / HTTP/1.0\r\n"
                    + "Host: x\r\n"
                    + "Connection: keep-alive\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + "0\r\n\r\n"
                    + NEXT))
        .startsWith("HTTP/1.1 400 ")
        .doesNotContain("/next");
  }

  /** Both framings at once, in either order: the chunks count, and the length is not passed on. */
  @ParameterizedTest(autoCloseArguments = false)
  @MethodSource("sites")
  void ofTwoFramingsOneIsPassedOn(EchoHaproxyContainer site) throws IOException {
    String length = "Content-Length: " + ("0\r\n\r\n" + NEXT).length() + "\r\n";
    String chunked = "Transfer-Encoding: chunked\r\n";
    for (String both : List.of(length + chunked, chunked + length)) {
      String got =
          got(site.exchange("POST / HTTP/1.1\r\nHost: x\r\n" + both + "\r\n0\r\n\r\n" + NEXT));
      assertThat(fields(got)).contains("transfer-encoding").doesNotContain("content-length");
      assertThat(got).endsWith("\r\n\r\n0\r\n\r\n");
    }
  }

  /** What the server was sent, which is the body of its answer; there has to be just one. */
  private static String got(String answer) {
    assertThat(answer).startsWith("HTTP/1.1 200 ");
    assertThat(answer.split("HTTP/1.1 [1-5]", -1)).as(answer).hasSize(2);
    return answer.substring(answer.indexOf("\r\n\r\n") + 4);
  }

  private static List<String> fields(String request) {
    return request
        .substring(0, request.indexOf("\r\n\r\n"))
        .lines()
        .skip(1)
        .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
        .toList();
  }
}
