package dev.rollcall.lb.status;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import dev.rollcall.lb.haproxy.StatsReport;
import dev.rollcall.lb.status.StatusServer.Handler;
import dev.rollcall.lb.status.StatusServer.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What is served: {@code /healthz} (is this process of use), {@code /readyz} (is the configuration
 * in use), {@code /status} (everything, as JSON), {@code /metrics} (for Prometheus), and the page
 * for people with {@code /live} that feeds it. Thread-safe.
 */
public final class StatusPages {
  /** As many changes as the page shows. */
  private static final int CHANGES_ON_PAGE = 40;

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

  private final StatusBoard board;
  private final Supplier<RuntimeStatus> runtime;
  private final Supplier<StatsReport> stats;
  private final Metrics metrics;
  private final SecretRedactor redactor;
  private final Gson pretty;
  private final Gson compact;

  /**
   * Reads from the board, and asks for the rest.
   *
   * @param runtime asked for each answer
   * @param stats how HAProxy's servers are; asked only while somebody looks at the page
   * @param metrics what is counted from now on
   * @param redactor removes what must not be served
   */
  public StatusPages(
      StatusBoard board,
      Supplier<RuntimeStatus> runtime,
      Supplier<StatsReport> stats,
      Metrics metrics,
      SecretRedactor redactor) {
    this.board = board;
    this.runtime = runtime;
    this.stats = stats;
    this.metrics = metrics;
    this.redactor = redactor;
    this.pretty = json().setPrettyPrinting().create();
    this.compact = json().create();
    metrics.observe(board);
  }

  /** The handlers by path. */
  public Map<String, Handler> byPath() {
    Map<String, Handler> pages = new HashMap<>(files());
    pages.put("/healthz", () -> redacted(health()));
    pages.put("/readyz", () -> redacted(readiness()));
    pages.put("/status", () -> Response.json(pretty.toJson(document(History.MOST))));
    pages.put("/metrics", this::metrics);
    pages.put("/live", this::live);
    return pages;
  }

  /** The files of the page for people by path, read once. */
  static Map<String, Handler> files() {
    Map<String, Handler> files = new HashMap<>();
    files.put("/", file("page.html"));
    FILES.forEach(name -> files.put("/" + name, file(name)));
    return files;
  }

  private static Handler file(String name) {
    String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain");
    try (InputStream in = StatusPages.class.getResourceAsStream("page/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the jar");
      }
      Response response =
          new Response(200, type, new String(in.readAllBytes(), StandardCharsets.UTF_8));
      return () -> response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private GsonBuilder json() {
    JsonSerializer<Instant> time = (at, type, context) -> new JsonPrimitive(at.toString());
    JsonSerializer<String> text =
        (value, type, context) -> new JsonPrimitive(redactor.redact(value));
    return new GsonBuilder()
        .disableHtmlEscaping()
        .serializeNulls()
        .registerTypeAdapter(Instant.class, time)
        .registerTypeAdapter(String.class, text);
  }

  private Response redacted(Response response) {
    return new Response(response.code(), response.contentType(), redactor.redact(response.body()));
  }

  private Response health() {
    if (!runtime.get().reconciling()) {
      return Response.text(503, "the pipeline has ended");
    }
    Status now = board.read();
    return now.written()
        ? Response.text(200, "ok")
        : Response.text(503, "no configuration written yet" + because(now));
  }

  private Response readiness() {
    Status now = board.read();
    RuntimeStatus seen = runtime.get();
    if (!now.inUse()) {
      return Response.text(503, "the last configuration is not in use" + because(now));
    }
    if (!seen.haproxy().mode().equals("file-only") && !seen.haproxy().running()) {
      return Response.text(503, "HAProxy does not run: " + seen.haproxy().problem());
    }
    // One service that cannot be read must not take all the others out of rotation.
    return Response.text(
        200,
        StatusDocument.unanswered(now, seen).stream()
            .map(line -> "\n" + line)
            .collect(Collectors.joining("", "ok", "")));
  }

  private static String because(Status now) {
    if (now.lastApply() != null && !now.lastApply().succeeded()) {
      return ": " + now.lastApply().kind() + ", see /status";
    }
    return now.waiting() == null ? "" : ": waiting for " + now.waiting();
  }

  private StatusDocument document(int changes) {
    return StatusDocument.of(board.read(), runtime.get(), Instant.now(), changes);
  }

  private Response metrics() {
    return new Response(200, Metrics.CONTENT_TYPE, metrics.scrape(board.read(), runtime.get()));
  }

  private Response live() {
    StatsReport seen = stats.get();
    return Response.json(
        compact.toJson(
            new StatusDocument.Live(document(CHANGES_ON_PAGE), seen.problem(), seen.servers())));
  }
}
