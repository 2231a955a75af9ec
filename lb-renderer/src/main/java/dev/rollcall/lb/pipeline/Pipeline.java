package dev.rollcall.lb.pipeline;

import dev.rollcall.lb.apply.Applied;
import dev.rollcall.lb.catalog.Catalog;
import dev.rollcall.lb.catalog.CatalogView;
import dev.rollcall.lb.status.ApplyStatus;
import dev.rollcall.lb.status.RenderStatus;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.status.TemplateStatus;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.Refusal;
import dev.rollcall.lb.template.Rendering;
import dev.rollcall.lb.template.TemplateException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what is due: the latest view and template are rendered and applied, one at a time.
 *
 * <p>The first change is applied at once; after that, what changes within {@link #BETWEEN_APPLIES}
 * of the end of an apply is applied together. What failed is tried again after a pause with jitter.
 * Whatever is wrong (Consul, template, HAProxy, disk), the last good configuration stays in use and
 * the pipeline goes on.
 *
 * <p>{@link #step} is for one thread; {@link #haproxyRestarted} may be called from any.
 */
public final class Pipeline {
  /**
   * The least time between the end of an apply and the next: a burst of changes becomes few
   * reloads.
   */
  static final Duration BETWEEN_APPLIES = Duration.ofMillis(100);

  /** How often the template's file is looked at. */
  static final Duration TEMPLATE_LOOK = Duration.ofSeconds(1);

  private static final int MOST_TOLD = 20;

  private static final Logger log = LoggerFactory.getLogger(Pipeline.class);

  private record Input(HaproxyTemplate template, CatalogView view) {}

  private final LiveTemplate template;
  private final Catalog catalog;
  private final Target target;
  private final StatusBoard board;
  private final Time time;
  private final Duration patience;
  private final Backoff backoff;
  private final AtomicBoolean restarted = new AtomicBoolean();

  private @Nullable Input tried;
  private @Nullable Duration patienceEnds;
  private @Nullable Duration retryAt;
  private @Nullable Duration notBefore;
  private Duration lookAt;
  private boolean resumed;
  private boolean levelDue;
  private boolean applyDue;
  private List<Refusal> refusals = List.of();
  private String complaint = "";

  /**
   * Watches the template's services; nothing is rendered yet.
   *
   * @param patience how long a rendering waits for Consul's first answer for each service
   */
  public Pipeline(
      LiveTemplate template,
      Catalog catalog,
      Target target,
      StatusBoard board,
      Time time,
      Duration patience,
      RandomGenerator random) {
    this.template = template;
    this.catalog = catalog;
    this.target = target;
    this.board = board;
    this.time = time;
    this.patience = patience;
    this.backoff = new Backoff(random);
    this.lookAt = time.elapsed().plus(TEMPLATE_LOOK);
    catalog.watchExactly(template.current().services());
  }

  /** Takes note that HAProxy came up: the next step brings it to what the file has. */
  public void haproxyRestarted() {
    restarted.set(true);
  }

  /**
   * Does what is due, and returns how long nothing will be due unless the catalog changes or
   * HAProxy restarts. Never throws.
   */
  public Duration step() {
    try {
      lookAtTemplate();
      Duration turn = turn();
      return earliest(turn, lookAt, time.elapsed());
    } catch (RuntimeException e) {
      log.error("This should not happen; the last good configuration stays in use", e);
      board.update(status -> status.failed(e.toString()));
      retryAt = time.elapsed().plus(BETWEEN_APPLIES).plus(backoff.next());
      return earliest(retryAt, lookAt, time.elapsed());
    }
  }

  private void lookAtTemplate() {
    Duration now = time.elapsed();
    if (now.compareTo(lookAt) < 0) {
      return;
    }
    lookAt = now.plus(TEMPLATE_LOOK);
    HaproxyTemplate before = template.current();
    if (template.refresh()) {
      boolean taken = template.current() != before;
      template
          .problem()
          .ifPresentOrElse(
              problem -> log.error("{}. The template read before stays in use", problem),
              () -> log.info("Template {} read again", template.name()));
      board.update(
          status ->
              status.with(
                  new TemplateStatus(
                      template.name(),
                      taken ? time.now() : status.template().readAt(),
                      template.problem().orElse(null))));
      if (taken) {
        catalog.watchExactly(template.current().services());
      }
    }
  }

  /** One turn; returns when the next is due, null if only something new makes one. */
  private @Nullable Duration turn() {
    Duration now = time.elapsed();
    Input input = new Input(template.current(), catalog.view());
    boolean held = held(input.view(), now);
    if (held && patienceEnds != null && now.compareTo(patienceEnds) < 0) {
      return patienceEnds;
    }
    boolean cameUp = restarted.getAndSet(false);
    levelDue |= cameUp;
    boolean fresh = !held && !input.equals(tried);
    if (!fresh && !cameUp && retryAt != null && now.compareTo(retryAt) < 0) {
      return retryAt;
    }
    if (levelDue && !fresh && (tried != null || target.hasConfiguration())) {
      levelDue = !settle(target.level(), now);
      now = time.elapsed();
    }
    if (!fresh && !applyDue) {
      return retryAt;
    }
    if (notBefore != null && now.compareTo(notBefore) < 0) {
      return notBefore;
    }
    tried = input;
    applyDue = true;
    Applied applied = renderAndApply(input);
    // What waits is in the file already: HAProxy is to be brought to it, not to be given it anew.
    levelDue = applied instanceof Applied.Waiting;
    applyDue = !settle(applied, now) && !levelDue;
    notBefore = time.elapsed().plus(BETWEEN_APPLIES);
    return retryAt;
  }

  /**
   * Whether to render nothing because Consul has not answered for every service. At the end of its
   * patience the pipeline makes do with what there is: the configuration of an earlier run, with
   * which HAProxy is brought up; or if there is none, empty pools, so that HAProxy at least
   * answers.
   */
  private boolean held(CatalogView view, Duration now) {
    if (view.complete()) {
      patienceEnds = null;
      return false;
    }
    if (patienceEnds == null) {
      patienceEnds = now.plus(patience);
      board.update(status -> status.waitingFor("Consul's first answer"));
    }
    if (now.compareTo(patienceEnds) < 0) {
      return true;
    }
    boolean resumable = tried != null || target.hasConfiguration();
    if (resumable && !resumed) {
      resumed = true;
      levelDue = tried == null;
      log.warn(
          "Consul has not answered for {} s: the configuration that is there stays in use",
          patience.toSeconds());
    }
    return resumable;
  }

  private Applied renderAndApply(Input input) {
    Rendering rendering;
    try {
      rendering = input.template().render(input.view());
    } catch (TemplateException e) {
      return new Applied.Failed(String.valueOf(e.getMessage()));
    }
    tellRefusals(rendering.refusals());
    board.update(
        status ->
            status.rendered(
                new RenderStatus(
                    time.now(), rendering.text().length(), rendering.refusals().size()),
                Reports.of(input.view(), rendering.refusals())));
    return target.apply(rendering.text());
  }

  /** Tells board and log how it ended, and sets the time of the next try if there has to be one. */
  private boolean settle(Applied applied, Duration began) {
    Duration now = time.elapsed();
    ApplyStatus outcome = Reports.of(applied, time.now(), now.minus(began));
    board.update(status -> status.applied(outcome));
    if (outcome.succeeded()) {
      backoff.reset();
      retryAt = null;
      complaint = "";
      log.info("{}: {} ({} s)", outcome.kind(), outcome.reason(), outcome.seconds());
      return true;
    }
    retryAt = now.plus(backoff.next());
    if (!complaint.equals(outcome.reason())) {
      complaint = outcome.reason();
      log.warn("{}: {}", outcome.kind(), complaint);
    }
    return false;
  }

  private void tellRefusals(List<Refusal> now) {
    if (!now.equals(refusals)) {
      Set<Refusal> before = new HashSet<>(refusals);
      now.stream()
          .filter(refusal -> !before.contains(refusal))
          .limit(MOST_TOLD)
          .forEach(refusal -> log.warn("Left out: {}", refusal));
      log.info("Left out now: {} (before: {})", now.size(), refusals.size());
      refusals = now;
    }
  }

  private static Duration earliest(@Nullable Duration turn, Duration look, Duration now) {
    Duration next = turn != null && turn.compareTo(look) < 0 ? turn : look;
    return next.compareTo(now) > 0 ? next.minus(now) : Duration.ZERO;
  }
}
