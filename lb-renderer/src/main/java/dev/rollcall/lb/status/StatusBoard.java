package dev.rollcall.lb.status;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Holds the {@link Status}. Thread-safe: whoever reads sees a whole one. */
public final class StatusBoard {
  private final List<BiConsumer<Status, Status>> listeners = new CopyOnWriteArrayList<>();
  private final String version;
  private final Instant startedAt;
  private Status.Template template;
  private List<Status.Service> services = List.of();
  private Status.@Nullable Render lastRender;
  private Status.@Nullable Apply lastApply;
  private @Nullable Instant lastSuccess;
  private final SortedMap<String, Long> applies = new TreeMap<>();
  private History history = History.EMPTY;
  private @Nullable String waiting;
  private List<Status.RefusedService> refusedServices = List.of();
  private @Nullable String error;
  private volatile Status status;

  /**
   * Before anything was rendered.
   *
   * @param version of lb-renderer
   * @param template the template's name
   */
  public StatusBoard(String version, Instant startedAt, String template) {
    this.version = version;
    this.startedAt = startedAt;
    this.template = new Status.Template(template, startedAt, null);
    this.status = snapshot();
  }

  /** What is so. */
  public Status read() {
    return status;
  }

  /** Adds a quick listener that is told each update, the status before and the one after. */
  void onUpdate(BiConsumer<Status, Status> listener) {
    listeners.add(listener);
  }

  /** Another template is in use, or there is another problem with it, as of some time. */
  public synchronized void template(Status.Template changed, Instant at) {
    template = changed;
    history = history.withTemplate(changed, at);
    publish();
  }

  /** Something was rendered, so that no rendering waits any more. */
  public synchronized void rendered(Status.Render render, List<Status.Service> rendered) {
    history = history.withPools(services, rendered, render.at());
    lastRender = render;
    services = rendered;
    waiting = null;
    publish();
  }

  /** What self-preservation retains now, by service. */
  public synchronized void retained(Map<String, Status.Retention> retained) {
    services = services.stream().map(one -> one.withGuard(retained.get(one.name()))).toList();
    publish();
  }

  /** A configuration was applied, or could not be. */
  public synchronized void applied(Status.Apply apply) {
    applies.merge(apply.kind(), 1L, Long::sum);
    lastApply = apply;
    if (apply.succeeded()) {
      lastSuccess = apply.at();
    }
    if (!apply.kind().equals("no-change")) {
      history = history.withApply(apply);
    }
    error = null;
    publish();
  }

  /** What a rendering waits for; null if none does. */
  public synchronized void waitingFor(@Nullable String what) {
    waiting = what;
    publish();
  }

  /** Which services the operator's rule allows and cannot be had. */
  public synchronized void refusedServices(List<Status.RefusedService> refused) {
    refusedServices = List.copyOf(refused);
    publish();
  }

  /** There was an error that should not happen. */
  public synchronized void failed(String what) {
    error = what;
    publish();
  }

  private void publish() {
    Status before = status;
    Status now = snapshot();
    status = now;
    listeners.forEach(listener -> listener.accept(before, now));
  }

  private Status snapshot() {
    return new Status(
        version,
        startedAt,
        template,
        services,
        lastRender,
        lastApply,
        lastSuccess,
        applies,
        history,
        waiting,
        refusedServices,
        error);
  }
}
