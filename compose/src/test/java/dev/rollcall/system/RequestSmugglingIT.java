package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Requests that two servers might read differently, sent to the published site. Each has an outer
 * request with an id and, where its body or a second request may be, an inner one with another. A
 * web node logs each id that is delivered to it, so what HAProxy answered is held against what the
 * node got: a request that was answered by nobody must have been delivered to nobody.
 */
@ExtendWith(StackExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestSmugglingIT {
  private static final Duration QUIET = Duration.ofSeconds(3);
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private static final String H2C =
      String.join(
          "\r\n",
          "POST /trial?id=%s-outer HTTP/1.1",
          "Host: x",
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA");

  private static final String WEB_SOCKET =
      String.join(
          "\r\n",
          "GET /trial HTTP/1.1",
          "Host: x",
          "Connection: Upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
          "Sec-WebSocket-Version: 7");

  private final Map<String, String> attacks = new TreeMap<>();
  private final Map<String, RawHttpClient.Answer> answers = new ConcurrentHashMap<>();
  private RecordingNode node;

  @BeforeAll
  void attack(Stack stack) throws InterruptedException {
    twoFramings();
    lengths();
    chunks();
    lines();
    node = RecordingNode.alone(stack);
    RawHttpClient site = stack.rawSite();
    ExecutorService clients = Executors.newFixedThreadPool(32);
    try {
      attacks.forEach(
          (name, bytes) ->
              clients.execute(
                  () -> {
                    try {
                      answers.put(name, site.ask(bytes, QUIET));
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  }));
    } finally {
      clients.shutdown();
      assertThat(clients.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @AfterAll
  void tidy() {
    node.close();
  }

  private static String inner(String name) {
    return "POST /trial?id=" + name + "-inner HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  }

  private static String line(String name) {
    return "POST /trial?id=" + name + "-outer HTTP/1.1\r\n";
  }

  /** The outer request with these header lines, and after its header these bytes. */
  private void put(String name, String headers, String after) {
    attacks.put(name, line(name) + "Host: x\r\n" + headers + "\r\n\r\n" + after);
  }

  /** A length and a coding of every kind: hidden from those who heed one, and from the others. */
  private void twoFramings() {
    Map<String, String> codings =
        Map.ofEntries(
            Map.entry("plain", CHUNKED),
            Map.entry("case", "tRANSFER-eNCODING: cHUNKED"),
            Map.entry("tab", "Transfer-Encoding:\tchunked"),
            Map.entry("vertical-tab", "Transfer-Encoding: \u000bchunked"),
            Map.entry("space-before-colon", "Transfer-Encoding : chunked"),
            Map.entry("unknown", "Transfer-Encoding: xchunked"),
            Map.entry("quoted", "Transfer-Encoding: \"chunked\""),
            Map.entry("parameter", "Transfer-Encoding: chunked;x=y"),
            Map.entry("empty", "Transfer-Encoding: "),
            Map.entry("identity", "Transfer-Encoding: identity"),
            Map.entry("list", "Transfer-Encoding: identity, chunked"),
            Map.entry("list-ends-otherwise", "Transfer-Encoding: chunked, identity"),
            Map.entry("twice", CHUNKED + "\r\n" + CHUNKED),
            Map.entry("two", CHUNKED + "\r\nTransfer-Encoding: identity"),
            Map.entry("two-reversed", "Transfer-Encoding: identity\r\n" + CHUNKED),
            Map.entry("folded", "Transfer-Encoding:\r\n chunked"),
            Map.entry("fold-of-another", "X: y\r\n " + CHUNKED),
            Map.entry("bare-lf", "X: y\n" + CHUNKED),
            Map.entry("bare-cr", "X: y\r" + CHUNKED),
            Map.entry("nul", "Transfer-Encoding: chunked\u0000"),
            Map.entry("underscore", "Transfer_Encoding: chunked"),
            Map.entry("hop-by-hop", "Connection: Transfer-Encoding\r\n" + CHUNKED),
            Map.entry("length-hop-by-hop", "Connection: Content-Length\r\n" + CHUNKED));
    codings.forEach(
        (kind, coding) -> {
          String hiddenByChunks = "cl-te-" + kind;
          String body = "0\r\n\r\n" + inner(hiddenByChunks);
          put(hiddenByChunks, "Content-Length: " + body.length() + "\r\n" + coding, body);
          String hiddenByLength = "te-cl-" + kind;
          String chunk = inner(hiddenByLength);
          put(
              hiddenByLength,
              coding + "\r\nContent-Length: 4",
              Integer.toHexString(chunk.length()) + "\r\n" + chunk + "\r\n0\r\n\r\n");
        });
  }

  private void lengths() {
    Map<String, String> lengths =
        Map.ofEntries(
            Map.entry("two", "Content-Length: 0\r\nContent-Length: %d"),
            Map.entry("two-reversed", "Content-Length: %d\r\nContent-Length: 0"),
            Map.entry("same-twice", "Content-Length: %1$d\r\nContent-Length: %1$d"),
            Map.entry("list", "Content-Length: 0, %d"),
            Map.entry("plus", "Content-Length: +%d"),
            Map.entry("minus", "Content-Length: -1"),
            Map.entry("hexadecimal", "Content-Length: 0x%x"),
            Map.entry("fraction", "Content-Length: %d.0"),
            Map.entry("leading-zeros", "Content-Length: 000%d"),
            Map.entry("two-words", "Content-Length: %d 0"),
            Map.entry("empty", "Content-Length: "),
            Map.entry("space-before-colon", "Content-Length : %d"),
            Map.entry("folded", "Content-Length:\r\n %d"),
            Map.entry("hop-by-hop", "Connection: Content-Length\r\nContent-Length: %d"),
            Map.entry("beyond-64-bits", "Content-Length: 18446744073709551617"),
            Map.entry("underscore", "Content_Length: %d"),
            Map.entry("expect", "Expect: 100-continue\r\nContent-Length: %d"));
    lengths.forEach(
        (kind, length) -> {
          String name = "length-" + kind;
          put(name, length.formatted(inner(name).length()), inner(name));
        });
  }

  private void chunks() {
    Map<String, String> bodies =
        Map.ofEntries(
            Map.entry("extension", "0;x=y\r\n\r\n"),
            Map.entry("extension-bare-lf", "2;\nxx\r\n0\r\n\r\n"),
            Map.entry("extension-bare-cr", "0;\rx\r\n\r\n"),
            Map.entry("extension-long", "0;" + "x".repeat(20_000) + "\r\n\r\n"),
            Map.entry("bare-lf", "0\n\n"),
            Map.entry("negative", "-1\r\n"),
            Map.entry("prefixed", "0x0\r\n\r\n"),
            Map.entry("beyond-64-bits", "FFFFFFFFFFFFFFFF0\r\n"),
            Map.entry("just-64-bits", "FFFFFFFFFFFFFFFE\r\n"),
            Map.entry("space-before", " 0\r\n\r\n"),
            Map.entry("longer-than-told", "1\r\nxx0\r\n\r\n"),
            Map.entry("trailer", "0\r\nContent-Length: 5\r\nHost: y\r\n\r\n"));
    bodies.forEach((kind, body) -> put("chunk-" + kind, CHUNKED, body + inner("chunk-" + kind)));
    attacks.put(
        "chunk-http-1.0",
        "POST /trial?id=chunk-http-1.0-outer HTTP/1.0\r\nConnection: keep-alive\r\n"
            + CHUNKED
            + "\r\n\r\n0\r\n\r\n"
            + inner("chunk-http-1.0"));
  }

  private void lines() {
    Map<String, String> requests =
        Map.ofEntries(
            Map.entry(
                "another-host-in-the-line",
                "POST http://evil/trial?id=%s-outer HTTP/1.1\r\nHost: x"),
            Map.entry("two-hosts", "POST /trial?id=%s-outer HTTP/1.1\r\nHost: x\r\nHost: y"),
            Map.entry("no-host", "POST /trial?id=%s-outer HTTP/1.1"),
            Map.entry("host-with-a-path", "POST /trial?id=%s-outer HTTP/1.1\r\nHost: x y/../z"),
            Map.entry("space-in-method", "PO ST /trial?id=%s-outer HTTP/1.1\r\nHost: x"),
            Map.entry("space-in-target", "POST /trial?id=%s-outer x HTTP/1.1\r\nHost: x"),
            Map.entry("fragment", "POST /trial?id=%s-outer#x HTTP/1.1\r\nHost: x"),
            Map.entry("control-character", "POST /trial?id=%s-outer&\u0001 HTTP/1.1\r\nHost: x"),
            Map.entry("no-version", "POST /trial?id=%s-outer\r\nHost: x"),
            Map.entry("fold-first", "POST /trial?id=%s-outer HTTP/1.1\r\n X: y\r\nHost: x"),
            Map.entry("no-name", "POST /trial?id=%s-outer HTTP/1.1\r\nHost: x\r\n: y"),
            Map.entry("connect", "CONNECT x:80 HTTP/1.1\r\nHost: x:80"),
            Map.entry("trace", "TRACE /trial HTTP/1.1\r\nHost: x"),
            Map.entry("get-with-a-body", "GET /trial HTTP/1.1\r\nHost: x\r\nContent-Length: 90"),
            Map.entry("h2c", H2C),
            Map.entry("web-socket-that-is-refused", WEB_SOCKET));
    requests.forEach(
        (kind, request) ->
            attacks.put(
                "line-" + kind,
                request.formatted("line-" + kind) + "\r\n\r\n" + inner("line-" + kind)));
  }

  @TestFactory
  Stream<DynamicTest> aRequestIsRefusedOrDeliveredAsWhatWasAnswered() {
    List<String> ids = new ArrayList<>();
    attacks.keySet().forEach(name -> ids.addAll(List.of(name + "-outer", name + "-inner")));
    List<Integer> delivered = node.deliveries(ids);
    return attacks.keySet().stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () ->
                        judge(
                            name,
                            Objects.requireNonNull(answers.get(name)),
                            delivered.get(ids.indexOf(name + "-outer")),
                            delivered.get(ids.indexOf(name + "-inner")))));
  }

  /**
   * HAProxy forwards the header of a request before the whole body came (the HAProxy manual,
   * "option http-buffer-request"), so a request with an invalid chunk is delivered in part, and
   * then refused, when the chunk comes in a later packet. What follows it is not delivered.
   */
  private static void judge(String name, RawHttpClient.Answer answer, int outer, int inner) {
    assertThat(answer.statuses()).as("%s", answer).isNotEmpty().allMatch(code -> code < 500);
    int answered = (int) answer.statuses().stream().filter(code -> code == 200).count();
    int refused =
        name.startsWith("chunk-")
            ? (int) answer.statuses().stream().filter(code -> code == 400).count()
            : 0;
    assertThat(outer)
        .as("the outer one, %s", answer)
        .isLessThanOrEqualTo(Math.min(1, answered + refused));
    assertThat(inner)
        .as("the inner one, %s", answer)
        .isLessThanOrEqualTo(Math.max(0, answered - outer));
  }

  /** What is within a body by one of two framings, is within a body. */
  @TestFactory
  Stream<DynamicTest> aRequestWithinABodyIsNotDelivered() {
    List<String> bodies =
        attacks.keySet().stream()
            .filter(
                name -> name.matches("cl-te-.*|length-(same-twice|leading.*|folded|hop.*|expect)"))
            .toList();
    List<Integer> delivered =
        node.deliveries(bodies.stream().map(name -> name + "-inner").toList());
    return bodies.stream()
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name, () -> assertThat(delivered.get(bodies.indexOf(name))).isZero()));
  }

  /** The record tells the truth: what is two requests to everybody is there twice. */
  @Test
  void twoRequestsInARowAreDeliveredAsTwo(Stack stack) throws IOException {
    RawHttpClient.Answer answer =
        stack
            .rawSite()
            .ask(line("plain") + "Host: x\r\nContent-Length: 0\r\n\r\n" + inner("plain"), QUIET);

    assertThat(answer.statuses()).containsExactly(200, 200);
    await()
        .untilAsserted(
            () ->
                assertThat(node.deliveries(List.of("plain-outer", "plain-inner")))
                    .containsExactly(1, 1));
  }
}
