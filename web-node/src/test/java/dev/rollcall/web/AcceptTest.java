package dev.rollcall.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/html",
        "TEXT/HTML",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html, application/xhtml+xml, image/jxr, */*;q=0.8",
        "text/html;charset=utf-8",
        "text/html ; q=0.2 , text/plain ; q=0.1",
        "text/html;q=0.001",
        "text/plain;q=0, */*",
        "text/plain;q=0.5, text/*",
        "*/*;q=0.1, text/html;q=0.2",
        "text/html;level=\"a,b;q=0\";q=1, text/plain;q=0.9",
        "garbage, text/html",
        "text/html;q=0.1, text/html;q=0.9, text/plain;q=0.5",
      })
  void prefersHtml(String header) {
    assertThat(HostPage.prefersHtml(List.of(header))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ",",
        "*/*",
        "text/*",
        "text/plain",
        "application/json",
        "text/html;q=0",
        "text/html;q=0.000",
        "text/html;q=0, */*",
        "text/html, text/plain",
        "text/html;q=0.5, text/plain;q=0.6",
        "text/html;q=0.5, */*;q=0.8",
        "text/html;q=2",
        "text/html;q=-1",
        "text/html;q=x",
        "text/html;q=0.1234",
        "text/html/",
        "text",
        "html",
        "*/html",
        "text/htmlx",
        "application/xhtml+xml",
        "\"text/html",
        ";;;===,,,",
        "text/plain;x=\"a, text/html\"",
      })
  void answersPlainText(String header) {
    assertThat(HostPage.prefersHtml(List.of(header))).isFalse();
  }
}
