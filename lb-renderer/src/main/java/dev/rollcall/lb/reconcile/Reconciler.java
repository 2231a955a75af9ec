package dev.rollcall.lb.reconcile;

import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Endpoint;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.consul.PoolStore;
import dev.rollcall.lb.consul.SelfPreservation;
import dev.rollcall.lb.status.ApplyStatus;
import dev.rollcall.lb.status.RenderStatus;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.status.TemplateStatus;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.InstanceProblem;
import dev.rollcall.lb.template.PrintableText;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.update.ApplyResult;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what is due: the latest view and template are rendered and applied, one at a time.
 *
 * <p>What Consul says passes the {@link SelfPreservation}, and {@link Debouncer} says when a change
 * is due. What failed is tried again after a pause with jitter. Whatever is wrong (Consul,
 * template, HAProxy, disk), the last good configuration stays in use and the pipeline goes on.
 *
 * <p>{@link #reconcile} is for one thread; {@link #haproxyRestarted} and {@link #templateTouched}
 * may be called from any.
 */
public final class Reconciler {
  /** How often the template's file is looked at. */
  static final Duration TEMPLATE_CHECK_INTERVAL = Duration.ofSeconds(1);

  /** How often at most it is noted for the next start what is served. */
  private static final Duration KEEP_PAUSE = Duration.ofSeconds(1);

  private static final Duration AFTER_A_DEFECT = Duration.ofMillis(100);
  private static final int MOST_TOLD = 20;

  private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

  private record Input(HaproxyTemplate template, CatalogSnapshot view) {}

  private final ActiveTemplate template;
  private final Catalog catalog;
  private final ConfigTarget target;
  private final StatusBoard board;
  private final TimeSource time;
  private final Duration patience;
  private final PoolStore memory;
  private final SelfPreservation guard;
  private final RetentionReporter heldPools;
  private final ServableInstances filter = new ServableInstances();
  private final Duration started;
  private final RetryBackoff backoff;
  private final AtomicBoolean restarted = new AtomicBoolean();
  private final AtomicBoolean touched = new AtomicBoolean();
  private final ChangeTimes arrivals;

  private final RetryBackoff templateBackoff;

  private @Nullable Input tried;
  private @Nullable Input inUse;
  private @Nullable Input latest;
  private Debouncer quiescence;

  /** The services that Consul has not answered for, and until when they are waited for. */
  private final Map<String, Duration> awaited = new TreeMap<>();

  private boolean waitTold;
  private @Nullable Duration retryAt;
  private @Nullable Duration templateRetryAt;
  private @Nullable Duration changedAt;
  private Duration lookAt;
  private boolean resumed;
  private boolean levelDue;
  private boolean keepDue;
  private Duration keepAt;
  private boolean applyDue;
  private @Nullable String unrendered;
  private List<InstanceProblem> screened = List.of();
  private List<InstanceProblem> refusals = List.of();
  private Set<String> ignored = Set.of();
  private @Nullable ServerNames names;
  private String complaint = "";

  /**
   * Watches the template's services; nothing is rendered yet.
   *
   * @param terms how it deals with what Consul says
   * @param memory knows what an earlier run served
   * @param arrivals when the catalog's changes came
   */
  public Reconciler(
      ActiveTemplate template,
      Catalog catalog,
      ConfigTarget target,
      StatusBoard board,
      TimeSource time,
      ReconcilerSettings terms,
      PoolStore memory,
      ChangeTimes arrivals,
      RandomGenerator random) {
    this.template = template;
    this.catalog = catalog;
    this.target = target;
    this.board = board;
    this.time = time;
    this.patience = terms.firstAnswerTimeout();
    this.memory = memory;
    this.guard = new SelfPreservation(terms.selfPreservation(), memory.load());
    this.heldPools = new RetentionReporter(guard, time);
    this.quiescence = terms.debouncer();
    this.arrivals = arrivals;
    this.backoff = new RetryBackoff(random);
    this.templateBackoff = new RetryBackoff(random);
    this.started = time.elapsed();
    this.lookAt = started.plus(TEMPLATE_CHECK_INTERVAL);
    this.keepAt = started;
    watch();
  }

  /** Takes note that HAProxy came up: the next step brings it to what the file has. */
  public void haproxyRestarted() {
    restarted.set(true);
  }

  /** Has the next step read the template, whatever its file's time and size say. */
  public void templateTouched() {
    touched.set(true);
  }

  /**
   * Does what is due, and returns how long nothing will be due unless the catalog changes or
   * HAProxy restarts. Never throws.
   */
  public Duration reconcile() {
    try {
      lookAtTemplate();
      Duration turn = turn();
      levelDue |= target.maintain();
      keep();
      return earliest(turn, lookAt, time.elapsed());
    } catch (RuntimeException | Error e) {
      log.error("This should not happen; the last good configuration stays in use", e);
      board.update(status -> status.failed(e.toString()));
      retryAt = time.elapsed().plus(AFTER_A_DEFECT).plus(backoff.next());
      return earliest(retryAt, lookAt, time.elapsed());
    }
  }

  private void lookAtTemplate() {
    Duration now = time.elapsed();
    boolean asked = touched.getAndSet(false);
    if (!asked && now.compareTo(lookAt) < 0) {
      return;
    }
    lookAt = now.plus(TEMPLATE_CHECK_INTERVAL);
    HaproxyTemplate before = template.current();
    if (asked ? template.reload() : template.reloadIfTouched()) {
      boolean taken = template.current() != before;
      template
          .problem()
          .ifPresentOrElse(
              problem -> log.error("{}. The template read before stays in use", problem),
              () -> log.info("Template {} read again", template.name()));
      tellTemplate(taken);
      if (taken) {
        templateBackoff.reset();
        watch();
      }
    } else if (asked) {
      log.info("Template {} is the same as before", template.name());
    } else if (templateRetryAt != null && now.compareTo(templateRetryAt) >= 0) {
      templateRetryAt = null;
      if (template.retryRejected()) {
        watch();
      }
    }
  }

  private void tellTemplate(boolean readNow) {
    board.update(
        status ->
            status.with(
                new TemplateStatus(
                    template.name(),
                    readNow ? time.now() : status.template().readAt(),
                    template.problem().orElse(null)),
                time.now()));
  }

  /**
   * HAProxy refused a configuration. If an edited template is to blame, changes of the pools do not
   * wait until somebody mends it: they go on with the template before it.
   */
  private void refused(String why) {
    boolean known = template.problem().isPresent();
    if (inUse == null || tried == null || tried.template() != template.current()) {
      return; // There is no other, or the one before is in use already.
    }
    if (!template.rollBack(why)) {
      return;
    }
    templateRetryAt = time.elapsed().plus(templateBackoff.next());
    retryAt = null;
    applyDue = false;
    tried = inUse; // It is in HAProxy again, so there is nothing to apply until something changes.
    latest = inUse;
    watch();
    if (!known) {
      log.error("The template before the one that HAProxy refuses stays in use");
      tellTemplate(false);
    }
  }

  /**
   * Whether an edited template would leave out so many instances of a service that too few are
   * left, which the one in use serves. Then that one stays in use, and the edited one is tried
   * again with pauses.
   */
  private boolean empties(HaproxyTemplate edited, CatalogSnapshot seen) {
    Input used = inUse;
    if (used == null || used.template() == edited || edited != template.current()) {
      return false;
    }
    ServableInstances.Verdict before = verdict(used.template(), seen);
    ServableInstances.Verdict after = verdict(edited, seen);
    for (String service : used.template().services()) {
      int left = after.servable(service);
      boolean named = edited.services().contains(service);
      if (named && left < guard.minServers(service) && left < before.servable(service)) {
        boolean known = template.problem().isPresent();
        String why =
            template.name()
                + " would leave "
                + left
                + " servers of service "
                + service
                + after.refusals().stream()
                    .filter(refusal -> refusal.service().equals(service))
                    .findFirst()
                    .map(refusal -> ": " + refusal)
                    .orElse("");
        if (!template.rollBack(why)) {
          return false;
        }
        templateRetryAt = time.elapsed().plus(templateBackoff.next());
        watch();
        if (!known) {
          log.error("{}. The template before it stays in use", why);
          tellTemplate(false);
        }
        return true;
      }
    }
    return false;
  }

  private ServableInstances.Verdict verdict(HaproxyTemplate asked, CatalogSnapshot seen) {
    Set<String> services = asked.services();
    return filter.of(seen, asked, names(), services, guard.fallbacks(services));
  }

  /** One turn; returns when the next is due, null if only something new makes one. */
  private @Nullable Duration turn() {
    Duration now = time.elapsed();
    Duration arrived = arrivals.takeFirst().orElse(now);
    CatalogSnapshot seen = catalog.snapshot();
    HaproxyTemplate usable = usable(seen, now);
    Optional<Duration> patienceEnds = patienceEnds(now);
    if (usable == null && patienceEnds.isPresent()) {
      return patienceEnds.get();
    }
    if (usable != null && empties(usable, seen)) {
      usable = usable(seen, now);
    }
    Input input = usable == null ? null : guarded(usable, seen, now);
    return sooner(turn(input, arrived, now), patienceEnds);
  }

  private @Nullable Duration turn(@Nullable Input input, Duration arrived, Duration began) {
    Duration now = began;
    boolean cameUp = restarted.getAndSet(false);
    levelDue |= cameUp;
    boolean fresh = input != null && !input.equals(tried);
    note(input, fresh, now);
    if (fresh && changedAt == null) {
      changedAt = arrived;
    }
    if (!fresh && !cameUp && retryAt != null && now.compareTo(retryAt) < 0) {
      return sooner(retryAt, guard.nextDecision());
    }
    if (levelDue && !fresh && (tried != null || target.hasConfiguration())) {
      levelDue = !settle(target.resync(), now, !applyDue);
      now = time.elapsed();
    }
    if (input == null || (!fresh && !applyDue)) {
      if (!levelDue) {
        changedAt = null; // What changed has changed back meanwhile, or was no change.
      }
      return sooner(retryAt, guard.nextDecision());
    }
    Duration due = quiescence.due().orElseGet(quiescence::retryNotBefore);
    if (now.compareTo(due) < 0) {
      return sooner(due, guard.nextDecision());
    }
    tried = input;
    applyDue = true;
    unrendered = null;
    ApplyResult applied = renderAndApply(input);
    // What waits is in the file already: HAProxy is to be brought to it, not to be given it anew.
    levelDue = applied instanceof ApplyResult.HaproxyAbsent;
    applyDue = !settle(applied, now, true) && !levelDue;
    if (applied instanceof ApplyResult.Rejected rejected) {
      refused(
          unrendered == null
              ? "HAProxy refuses what " + template.name() + " gives: " + rejected.message()
              : unrendered);
    } else if (!applyDue && !levelDue) {
      inUse = input;
      keepDue = true;
      if (template.accepted(input.template())) {
        templateBackoff.reset();
        log.info("HAProxy takes what {} gives now", template.name());
        tellTemplate(false);
      }
    }
    quiescence = rested(applied, time.elapsed());
    return sooner(retryAt, guard.nextDecision());
  }

  /** Takes note of when the input last changed. */
  private void note(@Nullable Input input, boolean fresh, Duration now) {
    if (!Objects.equals(input, latest)) {
      latest = input;
      quiescence = fresh ? quiescence.changed(now) : quiescence.reverted();
    }
  }

  private Debouncer rested(ApplyResult applied, Duration end) {
    return applied instanceof ApplyResult.Reloaded
        ? quiescence.reloaded(end)
        : quiescence.applied(end);
  }

  private Input guarded(HaproxyTemplate usable, CatalogSnapshot seen, Duration now) {
    ServableInstances.Verdict verdict = verdict(usable, seen);
    Set<Endpoint> elsewhere = catalog.endpointsOfOtherServices(guard.unconfirmedEndpoints());
    CatalogSnapshot accepted = guard.accept(verdict.view(), usable.services(), elsewhere, now);
    screened = verdict.refusals();
    if (heldPools.refresh()) {
      board.update(status -> status.guarded(heldPools.status()));
    }
    return new Input(usable, accepted);
  }

  /** Has what is served kept for the next start: not at every change of a burst. */
  private void keep() {
    Duration now = time.elapsed();
    if (keepDue && now.compareTo(keepAt) >= 0) {
      keepDue = false;
      keepAt = now.plus(KEEP_PAUSE);
      memory.save(guard.served());
    }
  }

  private void watch() {
    catalog.watchOnly(guard.servicesToWatch(template.current().services()));
  }

  /**
   * The template to render now; null if nothing is to be rendered yet.
   *
   * <p>Each service's first answer is waited for, for some time. Meanwhile what was in use before
   * follows all other services; at the start nothing was. Then the pipeline makes do with what
   * there is, so that a service that cannot be read is no trouble of the others: its pool is what
   * an earlier run served, or empty. Only if Consul says nothing of any service, and a
   * configuration of an earlier run is there, that one stays as it is.
   */
  private @Nullable HaproxyTemplate usable(CatalogSnapshot seen, Duration now) {
    HaproxyTemplate current = template.current();
    Set<String> missing = new TreeSet<>(guard.servicesToWatch(current.services()));
    missing.removeIf(service -> answered(seen, service));
    boolean news = awaited.keySet().retainAll(missing);
    for (String service : missing) {
      news |= awaited.putIfAbsent(service, now.plus(patience)) == null;
    }
    if (patienceEnds(now).isPresent()) {
      if (news || !waitTold) {
        waitTold = true;
        board.update(
            status -> status.waitingFor("Consul's first answer for " + String.join(", ", missing)));
      }
      return tried == null ? null : tried.template();
    }
    if (waitTold) {
      waitTold = false;
      tellMissing(missing);
    }
    if (tried == null && resumes(seen, current)) {
      return null;
    }
    return tried == null && tooFewToStart(seen, now) ? null : current;
  }

  private static boolean answered(CatalogSnapshot seen, String service) {
    return seen.pools().getOrDefault(service, Pool.unknown()).answered();
  }

  /** Until when the first answer of some service is waited for; empty if of none. */
  private Optional<Duration> patienceEnds(Duration now) {
    return awaited.values().stream().filter(end -> now.compareTo(end) < 0).min(Duration::compareTo);
  }

  private void tellMissing(Set<String> missing) {
    board.update(status -> status.waitingFor(null));
    if (!missing.isEmpty()) {
      log.warn(
          "Consul has not answered within {} s for {}: their servers of an earlier run stay, other services are followed",
          patience.toSeconds(),
          missing);
    }
  }

  private boolean resumes(CatalogSnapshot seen, HaproxyTemplate current) {
    boolean silent =
        !current.services().isEmpty()
            && current.services().stream().noneMatch(service -> answered(seen, service));
    if (!silent || !target.hasConfiguration()) {
      return false;
    }
    if (!resumed) {
      resumed = true;
      levelDue = true;
      board.update(status -> status.waitingFor("Consul's first answer"));
      log.warn(
          "Consul has not answered for {} s: the configuration that is there stays in use",
          patience.toSeconds());
    }
    return true;
  }

  /**
   * Whether an earlier run had instances, and now there are so few that Consul may have lost its
   * data. They are given the grace time to register again.
   */
  private boolean tooFewToStart(CatalogSnapshot view, Duration now) {
    boolean doubtful =
        guard.isStartImplausible(view, template.current().services(), now.minus(started))
            && target.hasConfiguration();
    if (doubtful && !resumed) {
      resumed = true;
      levelDue = true;
      board.update(status -> status.waitingFor("instances to register"));
      log.warn(
          "Consul has too few instances of every service: the configuration that is there stays in use for now");
    }
    return doubtful;
  }

  private ApplyResult renderAndApply(Input input) {
    RenderedConfig rendering;
    try {
      rendering = input.template().render(input.view(), names());
      names = rendering.serverNames();
    } catch (TemplateException e) {
      return unrendered(String.valueOf(e.getMessage()));
    } catch (OutOfMemoryError | StackOverflowError e) {
      return unrendered(
          "template "
              + template.name()
              + ": it needs more memory than there is: "
              + e.getMessage());
    }
    List<InstanceProblem> leftOut = ReconcileReporter.each(screened, rendering.refusals());
    tellRefusals(leftOut);
    tellIgnored(rendering.ignored());
    board.update(
        status ->
            status.rendered(
                new RenderStatus(time.now(), rendering.text().length(), leftOut.size()),
                ReconcileReporter.of(input.view(), screened, rendering, heldPools.status())));
    return target.apply(rendering);
  }

  /** An edited template is to blame, as when HAProxy refuses what it gives. */
  private ApplyResult unrendered(String why) {
    unrendered = why;
    return new ApplyResult.Rejected(why, null);
  }

  /**
   * Tells board and log how it ended, and sets the time of the next try if there has to be one.
   *
   * @param bringsChange whether a success is the end of the changes that came
   */
  private boolean settle(ApplyResult applied, Duration began, boolean bringsChange) {
    Duration now = time.elapsed();
    ApplyStatus ended = ReconcileReporter.of(applied, time.now(), now.minus(began));
    ApplyStatus outcome = bringsChange && ended.succeeded() ? sinceChange(ended, now) : ended;
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

  /** What is tried again has been waited for since its change came. */
  private ApplyStatus sinceChange(ApplyStatus success, Duration now) {
    Duration since = changedAt;
    changedAt = null;
    return since == null ? success : success.bringing(ReconcileReporter.seconds(now.minus(since)));
  }

  private void tellRefusals(List<InstanceProblem> now) {
    if (!now.equals(refusals)) {
      Set<InstanceProblem> before = new HashSet<>(refusals);
      now.stream()
          .filter(refusal -> !before.contains(refusal))
          .limit(MOST_TOLD)
          .forEach(refusal -> log.warn("Left out: {}", refusal));
      log.info("Left out now: {} (before: {})", now.size(), refusals.size());
      refusals = now;
    }
  }

  /** The names that the servers have, at first those of an earlier run. */
  private ServerNames names() {
    ServerNames known = names;
    if (known == null) {
      known = ServerNames.fromConfiguration(target.lastConfiguration());
      names = known;
    }
    return known;
  }

  /** One line for what many instances of a service ask for alike. */
  private void tellIgnored(List<InstanceProblem> now) {
    Map<String, List<InstanceProblem>> alike =
        now.stream()
            .collect(
                Collectors.groupingBy(
                    one -> PrintableText.of(one.service()) + ": " + one.reason(),
                    TreeMap::new,
                    Collectors.toList()));
    alike.entrySet().stream()
        .filter(one -> !ignored.contains(one.getKey()))
        .limit(MOST_TOLD)
        .forEach(
            one ->
                log.warn(
                    "Ignored of service {}. Asked for by {} of its instances, the first is '{}' on"
                        + " node '{}'",
                    one.getKey(),
                    one.getValue().size(),
                    PrintableText.of(one.getValue().get(0).instance()),
                    PrintableText.of(one.getValue().get(0).node())));
    ignored = Set.copyOf(alike.keySet());
  }

  private static @Nullable Duration sooner(@Nullable Duration one, Optional<Duration> other) {
    return other.filter(at -> one == null || at.compareTo(one) < 0).orElse(one);
  }

  private static Duration earliest(@Nullable Duration turn, Duration look, Duration now) {
    Duration next = turn != null && turn.compareTo(look) < 0 ? turn : look;
    return next.compareTo(now) > 0 ? next.minus(now) : Duration.ZERO;
  }
}
