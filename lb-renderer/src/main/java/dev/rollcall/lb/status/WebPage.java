package dev.rollcall.lb.status;

import dev.rollcall.lb.status.StatusServer.Handler;
import dev.rollcall.lb.status.StatusServer.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The page for people: files of the jar, served as they are. */
final class WebPage {
  private static final List<String> FILES =
      List.of(
          "page.css",
          "icon.svg",
          "page.js",
          "changes.js",
          "details.js",
          "dom.js",
          "health.js",
          "pools.js",
          "words.js");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");

  private WebPage() {}

  /** The files by path, read once. */
  static Map<String, Handler> byPath() {
    Map<String, Handler> pages = new HashMap<>();
    pages.put("/", file("page.html"));
    FILES.forEach(name -> pages.put("/" + name, file(name)));
    return pages;
  }

  private static Handler file(String name) {
    String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain");
    Response answer = new Response(200, type, read(name));
    return () -> answer;
  }

  private static String read(String name) {
    try (InputStream in = WebPage.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
