package dev.rollcall.lb.status;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What lb-renderer has done so far and how things stand. Immutable.
 *
 * @param version of lb-renderer
 * @param startedAt when it started
 * @param template the template in use
 * @param services the services as they were last rendered
 * @param lastRender the last rendering; null before the first
 * @param lastApply what became of it; null before the first
 * @param lastSuccess when a configuration was last taken; null before the first
 * @param applies how many ended how, by {@link ApplyStatus#kind}
 * @param history what changed, up to now
 * @param waiting what a rendering waits for; null if none does
 * @param error an error that should not happen; null if the last turn had none
 */
public record Status(
    String version,
    Instant startedAt,
    TemplateStatus template,
    List<ServiceStatus> services,
    @Nullable RenderStatus lastRender,
    @Nullable ApplyStatus lastApply,
    @Nullable Instant lastSuccess,
    SortedMap<String, Long> applies,
    History history,
    @Nullable String waiting,
    @Nullable String error) {

  /** Copies the collections. */
  public Status {
    services = List.copyOf(services);
    applies = Collections.unmodifiableSortedMap(new TreeMap<>(applies));
  }

  /** How things stand before anything was rendered. */
  public static Status starting(String version, Instant at, String template) {
    return new Status(
        version,
        at,
        new TemplateStatus(template, at, null),
        List.of(),
        null,
        null,
        null,
        new TreeMap<>(),
        History.EMPTY,
        null,
        null);
  }

  /** With another template, or another problem with it, as of some time. */
  public Status with(TemplateStatus changed, Instant at) {
    return new Status(
        version,
        startedAt,
        changed,
        services,
        lastRender,
        lastApply,
        lastSuccess,
        applies,
        history.with(Change.ofTemplate(changed, at)),
        waiting,
        error);
  }

  /** After a rendering, which ends all waiting for it. */
  public Status rendered(RenderStatus render, List<ServiceStatus> of) {
    return new Status(
        version,
        startedAt,
        template,
        of,
        render,
        lastApply,
        lastSuccess,
        applies,
        history.with(PoolChanges.between(services, of, render.at())),
        null,
        error);
  }

  /** With what the guard holds now, by service. */
  public Status guarded(Map<String, RetentionStatus> guards) {
    return new Status(
        version,
        startedAt,
        template,
        services.stream().map(service -> service.with(guards.get(service.name()))).toList(),
        lastRender,
        lastApply,
        lastSuccess,
        applies,
        history,
        waiting,
        error);
  }

  /** After a configuration was applied, or could not be. */
  public Status applied(ApplyStatus apply) {
    SortedMap<String, Long> counted = new TreeMap<>(applies);
    counted.merge(apply.kind(), 1L, Long::sum);
    return new Status(
        version,
        startedAt,
        template,
        services,
        lastRender,
        apply,
        apply.succeeded() ? apply.at() : lastSuccess,
        counted,
        apply.kind().equals("no-change") ? history : history.with(Change.of(apply)),
        waiting,
        null);
  }

  /** While a rendering waits; null if none does. */
  public Status waitingFor(@Nullable String what) {
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
        what,
        error);
  }

  /** After an error that should not happen. */
  public Status failed(String what) {
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
        what);
  }

  /**
   * Whether a configuration has ever been written, by this process or (while it waits for Consul)
   * by one before it.
   */
  public boolean written() {
    return lastSuccess != null || (lastApply != null && lastApply.kind().equals("waiting"));
  }

  /** Whether the last configuration is in use. */
  public boolean inUse() {
    return lastApply != null && lastApply.succeeded();
  }
}
