package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is too large is refused by HAProxy or by the node, and both serve on. */
@ExtendWith(StackExtension.class)
class OversizedRequestIT {
  private static final Duration QUIET = Duration.ofSeconds(5);

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @TestFactory
  Stream<DynamicTest> aRequestThatIsTooLargeIsRefused(Stack stack) {
    String many =
        IntStream.range(0, 300).mapToObj(i -> "X-" + i + ": y\r\n").collect(Collectors.joining());
    Map<String, String> requests =
        Map.of(
            "a header beyond HAProxy's buffer", get("/", "X: " + "x".repeat(20_000) + "\r\n"),
            "a header beyond the node's", get("/", "X: " + "x".repeat(10_000) + "\r\n"),
            "a megabyte of header", get("/", "X: " + "x".repeat(1 << 20) + "\r\n"),
            "three hundred header lines", get("/", many),
            "a target beyond HAProxy's buffer", get("/" + "x".repeat(20_000), ""),
            "a target beyond the node's", get("/" + "x".repeat(10_000), ""),
            "a body of a quarter of an exabyte",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 288230376151711744\r\n\r\nx",
            "a body beyond all numbers",
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\nx");
    return requests.entrySet().stream()
        .map(
            request ->
                DynamicTest.dynamicTest(
                    request.getKey(), () -> refused(stack, request.getValue())));
  }

  private static void refused(Stack stack, String request) throws IOException {
    RawHttpClient.Answer answer = stack.rawSite().ask(request, QUIET);
    assertThat(answer.statuses()).as("%s", answer).hasSize(1);
    assertThat(answer.statuses().get(0)).isIn(400, 405, 413, 414, 431);
  }

  @AfterAll
  static void allServeOn(Stack stack) {
    assertThat(stack.site().names(10)).isEqualTo(stack.hostNames());
    for (String service : List.of("haproxy", "web-node")) {
      for (String container : stack.containers(service)) {
        assertThat(stack.inspectId(container, "{{.RestartCount}}")).as(service).isEqualTo("0");
      }
    }
  }

  private static String get(String target, String headers) {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
  }
}
