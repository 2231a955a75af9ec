package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.RequestTracker;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPageTest {

  private static final String BROWSER =
      "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

  @Test
  void tellsTheHostInOneLineOfPlainText() throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "web-web-1-8080")) {
      HttpResponse<String> answer = server.get("/");

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("web-1\n");
      assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/plain;charset=utf-8");
      assertThat(answer.headers().firstValue("Content-Length")).hasValue("6");
    }
  }

  @Test
  void namesTheNodeAndItsInstanceOnAPageForABrowser() throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "web-web-1-8080")) {
      HttpResponse<String> answer = server.get("/", "Accept", BROWSER);

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
      assertThat(answer.body())
          .startsWith("<!doctype html>\n<html lang=\"en\">")
          .contains("<title>web-1 · web</title>", "<h1>web-1</h1>", "<dd>web-web-1-8080</dd>")
          .contains("width=device-width", "prefers-color-scheme: dark")
          .doesNotContain("<script", "http:", "https:", "{{");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/html               | html",
        "*/*                     | plain",
        "text/plain, */*;q=0.1   | plain",
        "text/html;q=0           | plain",
        "application/json        | plain",
        "text/*;q=0.5, text/html | html",
      })
  void answersWhatTheClientPrefers(String accept, String subtype) throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "id")) {
      for (HttpResponse<String> answer :
          List.of(server.get("/", "Accept", accept), server.head("/", "Accept", accept))) {
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type"))
            .hasValue("text/" + subtype + ";charset=utf-8");
        assertThat(answer.headers().allValues("Vary")).containsExactly("Accept");
      }
    }
  }

  @Test
  void readsAnAcceptHeaderThatIsSpreadOverSeveralLines() throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "id")) {
      HttpResponse<String> answer =
          server.get("/", "Accept", "text/plain;q=0.2", "Accept", "text/html;q=0.9");

      assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/html;charset=utf-8");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"*/*", "text/html"})
  void answersHeadLikeGetButWithoutTheBody(String accept) throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "id")) {
      HttpResponse<String> get = server.get("/", "Accept", accept);
      HttpResponse<String> head = server.head("/", "Accept", accept);

      assertThat(head.body()).isEmpty();
      assertThat(head.statusCode()).isEqualTo(get.statusCode());
      assertThat(withoutDate(head)).isEqualTo(withoutDate(get));
    }
  }

  @Test
  void escapesAHostileName() throws Exception {
    String hostile = "</title><script>alert('1')</script>&\"{{service}}\r\nSet-Cookie: a=b";
    try (LoopbackServer server = serving(hostile, "web", "id")) {
      HttpResponse<String> page = server.get("/", "Accept", "text/html");
      HttpResponse<String> line = server.get("/");

      assertThat(page.body())
          .contains("&lt;/title&gt;&lt;script&gt;")
          .contains("&amp;&quot;")
          .doesNotContain("<script", "'1'");
      assertThat(line.body())
          .isEqualTo("</title><script>alert('1')</script>&\"{{service}}??Set-Cookie: a=b\n");
      assertThat(line.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
      assertThat(line.headers().firstValue("Set-Cookie")).isEmpty();
    }
  }

  @Test
  void letsThePageLoadNothingButItsOwnStyle() throws Exception {
    try (LoopbackServer server = serving("web-1", "web", "id")) {
      HttpResponse<String> page = server.get("/", "Accept", "text/html");
      String style = page.body().replaceAll("(?s).*<style>(.*)</style>.*", "$1");

      assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
          .startsWith("default-src 'none'; ")
          .contains("style-src 'sha256-" + sha256(style) + "';")
          .doesNotContain("unsafe");
    }
  }

  private static Map<String, List<String>> withoutDate(HttpResponse<String> answer) {
    var headers = new TreeMap<>(answer.headers().map());
    headers.remove("date");
    return headers;
  }

  private static String sha256(String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static LoopbackServer serving(String host, String service, String instance)
      throws Exception {
    return new LoopbackServer(new RequestTracker(), new HostPage(host, service, instance)::addTo);
  }
}
