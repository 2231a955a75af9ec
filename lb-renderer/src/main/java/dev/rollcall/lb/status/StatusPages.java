package dev.rollcall.lb.status;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import dev.rollcall.lb.haproxy.StatsReport;
import dev.rollcall.lb.status.StatusServer.Handler;
import dev.rollcall.lb.status.StatusServer.Response;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What is served: {@code /healthz} (is this process of use), {@code /readyz} (is the configuration
 * in use), {@code /status} (everything, as JSON), {@code /metrics} (for Prometheus), and the page
 * for people with {@code /live} that feeds it. Thread-safe.
 */
public final class StatusPages {
  private final StatusBoard board;
  private final Supplier<RuntimeStatus> live;
  private final Supplier<StatsReport> traffic;
  private final Metrics metrics;
  private final SecretRedactor redaction;
  private final Gson pretty;
  private final Gson compact;

  /**
   * Reads from the board, and asks for the rest.
   *
   * @param live how the stations are; asked for each answer
   * @param traffic how HAProxy's servers are; asked only while somebody looks at the page
   * @param metrics what is counted from now on
   * @param redaction what must not be served
   */
  public StatusPages(
      StatusBoard board,
      Supplier<RuntimeStatus> live,
      Supplier<StatsReport> traffic,
      Metrics metrics,
      SecretRedactor redaction) {
    this.board = board;
    this.live = live;
    this.traffic = traffic;
    this.metrics = metrics;
    this.redaction = redaction;
    this.pretty = json(redaction).setPrettyPrinting().create();
    this.compact = json(redaction).create();
    metrics.observe(board);
  }

  /** The pages by path. */
  public Map<String, Handler> byPath() {
    Map<String, Handler> pages = new HashMap<>(WebPage.byPath());
    pages.put("/healthz", () -> redacted(health()));
    pages.put("/readyz", () -> redacted(ready()));
    pages.put("/status", this::status);
    pages.put("/metrics", this::metrics);
    pages.put("/live", this::live);
    return pages;
  }

  private static GsonBuilder json(SecretRedactor redaction) {
    return new GsonBuilder()
        .disableHtmlEscaping()
        .serializeNulls()
        .registerTypeAdapter(
            Instant.class,
            (JsonSerializer<Instant>) (at, type, context) -> new JsonPrimitive(at.toString()))
        .registerTypeAdapter(
            String.class,
            (JsonSerializer<String>)
                (text, type, context) -> new JsonPrimitive(redaction.redact(text)));
  }

  private Response redacted(Response answer) {
    return new Response(answer.code(), answer.contentType(), redaction.redact(answer.body()));
  }

  private Response health() {
    if (!live.get().reconciling()) {
      return Response.text(503, "the pipeline has ended");
    }
    Status now = board.read();
    return now.written()
        ? Response.text(200, "ok")
        : Response.text(503, "no configuration written yet" + because(now));
  }

  private Response ready() {
    Status now = board.read();
    RuntimeStatus seen = live.get();
    if (!now.inUse()) {
      return Response.text(503, "the last configuration is not in use" + because(now));
    }
    boolean fileOnly = seen.haproxy().mode().equals("file-only");
    return fileOnly || seen.haproxy().running()
        ? Response.text(200, "ok" + missing(now, seen))
        : Response.text(503, "HAProxy does not run: " + seen.haproxy().problem());
  }

  /** One service that cannot be read must not take all the others out of rotation. */
  private static String missing(Status now, RuntimeStatus seen) {
    return StatusDocument.unanswered(now, seen).stream()
        .map(line -> "\n" + line)
        .collect(Collectors.joining());
  }

  private static String because(Status now) {
    if (now.lastApply() != null && !now.lastApply().succeeded()) {
      return ": " + now.lastApply().kind() + ", see /status";
    }
    return now.waiting() == null ? "" : ": waiting for " + now.waiting();
  }

  private Response status() {
    return Response.json(pretty.toJson(document(History.MOST)));
  }

  private StatusDocument document(int changes) {
    return StatusDocument.of(board.read(), live.get(), Instant.now(), changes);
  }

  private Response metrics() {
    return new Response(200, Metrics.CONTENT_TYPE, metrics.scrape(board.read(), live.get()));
  }

  private Response live() {
    return Response.json(
        compact.toJson(LiveDocument.of(document(LiveDocument.CHANGES), traffic.get())));
  }
}
