package dev.rollcall.lb.status;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import dev.rollcall.lb.status.StatusServer.Answer;
import dev.rollcall.lb.status.StatusServer.Page;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pages: {@code /healthz} (is this process of use), {@code /readyz} (is the configuration in
 * use), and {@code /status} (everything, as JSON). Thread-safe.
 */
public final class StatusPages {
  private static final Gson GSON =
      new GsonBuilder()
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .serializeNulls()
          .registerTypeAdapter(
              Instant.class,
              (JsonSerializer<Instant>) (at, type, context) -> new JsonPrimitive(at.toString()))
          .create();

  private final StatusBoard board;
  private final Supplier<Live> live;

  /** Reads from the board, and asks for the rest. */
  public StatusPages(StatusBoard board, Supplier<Live> live) {
    this.board = board;
    this.live = live;
  }

  /** The pages by path. */
  public Map<String, Page> byPath() {
    return Map.of("/healthz", this::health, "/readyz", this::ready, "/status", this::status);
  }

  private Answer health() {
    if (!live.get().turning()) {
      return Answer.text(503, "the pipeline has ended");
    }
    Status now = board.read();
    return now.written()
        ? Answer.text(200, "ok")
        : Answer.text(503, "no configuration written yet" + because(now));
  }

  private Answer ready() {
    Status now = board.read();
    Live seen = live.get();
    if (!now.inUse()) {
      return Answer.text(503, "the last configuration is not in use" + because(now));
    }
    boolean fileOnly = seen.haproxy().mode().equals("file-only");
    return fileOnly || seen.haproxy().running()
        ? Answer.text(200, "ok")
        : Answer.text(503, "HAProxy does not run: " + seen.haproxy().problem());
  }

  private static String because(Status now) {
    if (now.lastApply() != null && !now.lastApply().succeeded()) {
      return ": " + now.lastApply().kind() + ", see /status";
    }
    return now.waiting() == null ? "" : ": waiting for " + now.waiting();
  }

  private Answer status() {
    return Answer.json(GSON.toJson(Document.of(board.read(), live.get())));
  }

  /** The shape of {@code /status}. */
  private record Document(
      String version,
      Instant startedAt,
      boolean degraded,
      List<String> problems,
      TemplateStatus template,
      List<Service> services,
      @Nullable RenderStatus lastRender,
      @Nullable ApplyStatus lastApply,
      @Nullable Instant lastSuccess,
      Map<String, Long> applies,
      Live.HaproxyState haproxy) {

    static Document of(Status now, Live live) {
      List<String> problems = problems(now, live);
      return new Document(
          now.version(),
          now.startedAt(),
          !problems.isEmpty(),
          problems,
          now.template(),
          now.services().stream()
              .map(service -> Service.of(service, live.ages().get(service.name())))
              .toList(),
          now.lastRender(),
          now.lastApply(),
          now.lastSuccess(),
          now.applies(),
          live.haproxy());
    }

    private static List<String> problems(Status now, Live live) {
      List<String> problems = new ArrayList<>();
      if (!live.turning()) {
        problems.add("the pipeline has ended: restart lb-renderer");
      }
      if (now.waiting() != null) {
        problems.add("waiting for " + now.waiting());
      }
      if (now.template().problem() != null) {
        problems.add(now.template().problem());
      }
      live.ages()
          .forEach(
              (service, age) -> {
                if (age.stale()) {
                  problems.add(
                      "what is known of service "
                          + service
                          + " may be out of date: Consul does not answer");
                }
              });
      for (ServiceStatus service : now.services()) {
        GuardStatus guard = service.guard();
        if (guard != null) {
          problems.add(
              "service "
                  + service.name()
                  + ": "
                  + guard.held().size()
                  + " of its instances stay in the pool for now, as they "
                  + guard.reason());
        }
      }
      if (now.lastApply() != null && !now.lastApply().succeeded()) {
        problems.add(now.lastApply().kind() + ": " + now.lastApply().reason());
      }
      if (live.haproxy().problem() != null) {
        problems.add("HAProxy: " + live.haproxy().problem());
      }
      if (now.error() != null) {
        problems.add("internal error: " + now.error());
      }
      return problems;
    }
  }

  private record Service(
      String name,
      boolean answered,
      @Nullable Double ageSeconds,
      boolean stale,
      List<InstanceStatus> instances,
      @Nullable GuardStatus guard) {
    static Service of(ServiceStatus service, Live.@Nullable Age age) {
      return new Service(
          service.name(),
          service.answered(),
          age == null ? null : age.seconds(),
          age == null || age.stale(),
          service.instances(),
          service.guard());
    }
  }
}
