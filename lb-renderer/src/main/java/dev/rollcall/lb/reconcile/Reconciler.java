package dev.rollcall.lb.reconcile;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Endpoint;
import dev.rollcall.lb.consul.PoolStore;
import dev.rollcall.lb.consul.SelfPreservation;
import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.reconcile.ReconcilerState.Event;
import dev.rollcall.lb.reconcile.StartupGate.Decision;
import dev.rollcall.lb.routing.RouteTable;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.update.ApplyResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what is due: the latest snapshot and template are rendered and applied, one at a time.
 *
 * <p>What Consul says passes {@link SelfPreservation}, and {@link Debouncer} says when a change is
 * due. What failed is retried with back-off. Whatever is wrong (Consul, template, HAProxy, disk),
 * the last good configuration stays in use. {@link ReconcilerState} has the states. For one thread;
 * {@link ReconcileTrigger} tells it what happens on others.
 */
public final class Reconciler {
  /** How often the template's file is looked at. */
  static final Duration TEMPLATE_CHECK_INTERVAL = Duration.ofSeconds(1);

  /** How often at most the pools are saved for the next start. */
  private static final Duration SAVE_INTERVAL = Duration.ofSeconds(1);

  private static final String LIST_OF_SERVICES = "(list of services)";
  private static final Duration AFTER_UNEXPECTED_ERROR = Duration.ofMillis(100);
  private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

  /**
   * Where a rendered configuration goes. Called by one thread; every call is bounded in time and
   * none throws for what HAProxy or the disk does.
   */
  public interface ConfigTarget {
    /** Brings the configuration, and the files beside it, to the disk and into HAProxy. */
    ApplyResult apply(RenderedConfig config);

    /** Brings an HAProxy that came up to what the file has. */
    ApplyResult resync();

    /**
     * Does what is due between configurations; called about once a second.
     *
     * @return whether HAProxy has to be brought to what the file has
     */
    boolean maintain();

    /** Whether there is a configuration from an earlier run. */
    boolean hasConfiguration();

    /**
     * The configuration of an earlier run, as HAProxy was last seen to serve from it; empty if
     * there is none, or if it cannot be read.
     */
    String lastConfiguration();
  }

  /** What a configuration is rendered from. */
  private record Input(HaproxyTemplate template, CatalogSnapshot snapshot, RouteTable routes) {}

  private record OwnPorts(HaproxyTemplate template, IntPredicate ports) {}

  /** What is rendered from it, if it is due, and what the template could serve of it. */
  private record Candidate(Input input, ServableInstanceFilter.Result servable) {}

  private final ActiveTemplate template;
  private final Catalog catalog;
  private final ConfigTarget target;
  private final TimeSource time;
  private final PoolStore store;
  private final ReconcileTrigger trigger;
  private final RandomGenerator random;
  private final Duration firstAnswerTimeout;
  private final SelfPreservationRules rules;
  private final SelfPreservation preservation;
  private final SelectedServices selected;
  private final ServableInstanceFilter servable = new ServableInstanceFilter();
  private final StartupGate gate;
  private final ReconcileReporter reporter;
  private final Duration started;

  private ReconcilerState state = ReconcilerState.IN_SYNC;
  private final RetryTimer retry = new RetryTimer();

  /** What was last applied, or tried to be; what is in use; and what Consul and template say. */
  private @Nullable Input attempted;

  private @Nullable Input applied;
  private @Nullable Input latest;
  private Debouncer debouncer;

  /** When the first change came that is not in use yet. */
  private @Nullable Duration changedAt;

  private Duration templateCheckAt;
  private Duration saveAt;
  private boolean unsaved;

  private final ServerNames.Style nameStyle;

  private @Nullable OwnPorts ownPorts;

  /** The names that the servers have; null until they are needed. */
  private @Nullable ServerNames names;

  /**
   * Watches the template's services; nothing is rendered yet.
   *
   * @param settings how it deals with what Consul says
   * @param store knows what an earlier run served
   */
  public Reconciler(
      ActiveTemplate template,
      Catalog catalog,
      ConfigTarget target,
      StatusBoard board,
      TimeSource time,
      ReconcilerSettings settings,
      PoolStore store,
      ReconcileTrigger trigger,
      RandomGenerator random) {
    this.template = template;
    this.catalog = catalog;
    this.target = target;
    this.time = time;
    this.store = store;
    this.trigger = trigger;
    this.random = random;
    this.firstAnswerTimeout = settings.firstAnswerTimeout();
    this.rules = settings.selfPreservation();
    Map<String, List<ServiceInstance>> earlier = store.load();
    this.preservation = new SelfPreservation(rules, earlier);
    this.selected =
        new SelectedServices(
            settings.selector(), settings.routing(), rules, earlier, store.loadRouteOwners());
    this.gate = new StartupGate(firstAnswerTimeout);
    this.reporter = new ReconcileReporter(board, time);
    this.debouncer = settings.debouncer();
    this.nameStyle = settings.serverNames();
    this.started = time.elapsed();
    this.templateCheckAt = started.plus(TEMPLATE_CHECK_INTERVAL);
    this.saveAt = started;
    watch();
  }

  /**
   * Does what is due, and returns how long nothing will be due unless it is triggered. Never
   * throws.
   */
  public Duration reconcile() {
    Duration due;
    try {
      checkTemplate();
      due = sooner(turn(), templateCheckAt);
      if (target.maintain()) {
        state = state.on(Event.HAPROXY_CHANGED);
      }
      save();
    } catch (RuntimeException | Error e) {
      reporter.unexpected(e);
      retry.failed(time.elapsed().plus(AFTER_UNEXPECTED_ERROR), random);
      due = sooner(retry.due(), templateCheckAt);
    }
    Duration now = time.elapsed();
    return due.compareTo(now) > 0 ? due.minus(now) : Duration.ZERO;
  }

  private void watch() {
    Set<String> services = new TreeSet<>(template.current().services());
    if (isRanging(template.current())) {
      services.addAll(selected.services());
    }
    catalog.watchOnly(rules.servicesToWatch(services));
  }

  private boolean isRanging(HaproxyTemplate one) {
    return one.isRanging() && !selected.isOff();
  }

  /** Which services a template is rendered from, at the time of the routes given. */
  private static Set<String> services(HaproxyTemplate one, RouteTable routes) {
    Set<String> services = new TreeSet<>(one.services());
    services.addAll(routes.services().keySet());
    return services;
  }

  /** Selects the services that the template ranges over; returns whether Consul lists them. */
  private boolean select(Duration now) {
    boolean ranging = isRanging(template.current());
    Optional<Map<String, List<String>>> listed = catalog.listServices(ranging);
    if (!ranging) {
      return true;
    }
    Set<String> before = Set.copyOf(selected.services());
    Set<String> after = selected.update(listed, catalog.snapshot(), preservation.served(), now);
    if (!after.equals(before)) {
      watch();
    }
    reporter.selected(selected.refused());
    return listed.isPresent();
  }

  private RouteTable routes(HaproxyTemplate asked, CatalogSnapshot seen) {
    return isRanging(asked)
        ? selected.route(seen, preservation.served(), ownPorts(asked))
        : RouteTable.EMPTY;
  }

  /** At which ports HAProxy listens by a template alone. */
  private IntPredicate ownPorts(HaproxyTemplate asked) {
    OwnPorts known = ownPorts;
    if (known == null || known.template() != asked) {
      known = new OwnPorts(asked, asked.ownListeners()::hasPort);
      ownPorts = known;
    }
    return known.ports();
  }

  private void checkTemplate() {
    Duration now = time.elapsed();
    boolean asked = trigger.takeTemplateTouch();
    if (!asked && now.compareTo(templateCheckAt) < 0) {
      return;
    }
    templateCheckAt = now.plus(TEMPLATE_CHECK_INTERVAL);
    HaproxyTemplate before = template.current();
    if (asked ? template.reload() : template.reloadIfTouched()) {
      template
          .problem()
          .ifPresentOrElse(
              problem -> log.error("{}. The template read before stays in use", problem),
              () -> log.info("Template {} read again", template.name()));
      boolean changed = template.current() != before;
      reporter.template(template, changed);
      if (changed) {
        watch();
      }
    } else if (asked) {
      log.info("Template {} is the same as before", template.name());
    } else if (template.retryRejected(now)) {
      watch();
    }
  }

  /** One turn; returns when the next is due, null if only something new makes one. */
  private @Nullable Duration turn() {
    Duration now = time.elapsed();
    Duration arrived = trigger.takeFirstChange().orElse(now);
    boolean listed = select(now);
    CatalogSnapshot seen = catalog.snapshot();
    HaproxyTemplate usable = usable(seen, listed, now);
    Duration timeout = gate.nextTimeout(now).orElse(null);
    if (usable == null && timeout != null) {
      return timeout;
    }
    if (usable != null && rolledBackAsTooFewAreLeft(usable, seen)) {
      usable = usable(seen, listed, now);
    }
    Candidate candidate = usable == null ? null : preserved(usable, seen, now);
    Duration due = apply(candidate, arrived, now);
    return timeout == null ? due : sooner(due, timeout);
  }

  /** The template to render now; null if nothing is to be rendered yet. */
  private @Nullable HaproxyTemplate usable(CatalogSnapshot seen, boolean listed, Duration now) {
    boolean starting = attempted == null;
    Set<String> services = services(template.current(), routes(template.current(), seen));
    Set<String> awaited = new TreeSet<>(template.current().services());
    if (starting && isRanging(template.current())) {
      awaited.addAll(selected.services()); // Later ones come when they are known.
    }
    Set<String> unanswered = new TreeSet<>(rules.servicesToWatch(awaited));
    unanswered.removeIf(service -> answered(seen, service));
    if (starting && !listed) {
      unanswered.add(LIST_OF_SERVICES);
    }
    Decision decision =
        Decision.of(
            gate.update(unanswered, now),
            starting,
            starting && target.hasConfiguration(),
            (services.isEmpty() && listed)
                || services.stream().anyMatch(one -> answered(seen, one)),
            starting && preservation.isStartImplausible(seen, services, now.minus(started)));
    Decision before = gate.replace(decision);
    reporter.startup(before, decision, unanswered, firstAnswerTimeout);
    return switch (decision) {
      case AWAIT_ANSWERS -> attempted == null ? null : attempted.template();
      case KEEP_UNANSWERED, KEEP_IMPLAUSIBLE -> {
        if (before != decision) {
          state = state.on(Event.HAPROXY_CHANGED);
        }
        yield null;
      }
      case RENDER -> template.current();
    };
  }

  private static boolean answered(CatalogSnapshot seen, String service) {
    return seen.pool(service).answered();
  }

  /**
   * Whether an edited template would leave out so many instances of a service that too few are
   * left, which the one in use serves. Then that one stays in use.
   */
  private boolean rolledBackAsTooFewAreLeft(HaproxyTemplate edited, CatalogSnapshot seen) {
    HaproxyTemplate used = applied == null ? null : applied.template();
    if (used == null || used == edited || edited != template.current()) {
      return false;
    }
    ServableInstanceFilter.Result before = servable(used, seen);
    ServableInstanceFilter.Result after = servable(edited, seen);
    for (String service : services(used, before.routes())) {
      int left = after.count(service);
      if (services(edited, after.routes()).contains(service)
          && left < rules.of(service).minServers()
          && left < before.count(service)) {
        String why =
            "%s would leave %s servers of service %s%s"
                .formatted(template.name(), left, service, after.firstRefusal(service));
        return rollBack(why, why + ". The template before it stays in use");
      }
    }
    return false;
  }

  /**
   * Goes back to the template before, so that changes of the pools do not wait until somebody
   * corrects the edited one. Returns whether there is one.
   *
   * @param error logged unless there is a problem with the template already
   */
  private boolean rollBack(String why, String error) {
    boolean known = template.problem().isPresent();
    if (!template.rollBack(why, time.elapsed(), random)) {
      return false;
    }
    watch();
    if (!known) {
      log.error(error);
      reporter.template(template, false);
    }
    return true;
  }

  private ServableInstanceFilter.Result servable(HaproxyTemplate asked, CatalogSnapshot seen) {
    RouteTable routes = routes(asked, seen);
    return servable.of(seen, asked, routes, names(), rules.fallbacks(services(asked, routes)));
  }

  private Candidate preserved(HaproxyTemplate usable, CatalogSnapshot seen, Duration now) {
    ServableInstanceFilter.Result result = servable(usable, seen);
    Set<Endpoint> elsewhere = catalog.endpointsOfOtherServices(preservation.unconfirmedEndpoints());
    CatalogSnapshot accepted =
        preservation.accept(result.snapshot(), services(usable, result.routes()), elsewhere, now);
    reporter.retained(preservation.retained(), rules);
    return new Candidate(new Input(usable, accepted, result.routes()), result);
  }

  /** Resyncs and applies if that is due; returns when the next turn is. */
  private @Nullable Duration apply(@Nullable Candidate candidate, Duration arrived, Duration now) {
    boolean restarted = trigger.takeHaproxyRestart();
    if (restarted) {
      state = state.on(Event.HAPROXY_CHANGED);
    }
    Input input = candidate == null ? null : candidate.input();
    boolean fresh = input != null && !input.equals(attempted);
    if (!Objects.equals(input, latest)) {
      latest = input;
      debouncer = fresh ? debouncer.changed(now) : debouncer.reverted();
    }
    if (fresh && changedAt == null) {
      changedAt = arrived;
    }
    if (retry.isPending(now) && !fresh && !restarted) {
      return nextDue();
    }
    Duration began = now;
    if (state.isResyncDue() && !fresh && (attempted != null || target.hasConfiguration())) {
      boolean done = settle(target.resync(), now, !state.isApplyDue());
      state = state.on(done ? Event.RESYNCED : Event.RESYNC_FAILED);
      began = time.elapsed();
    }
    if (candidate == null || !(fresh || state.isApplyDue())) {
      if (!state.isResyncDue()) {
        changedAt = null; // What changed has changed back meanwhile, or was no change.
      }
      return nextDue();
    }
    Duration due = debouncer.due().orElseGet(debouncer::retryNotBefore);
    if (began.compareTo(due) < 0) {
      return sooner(preservation.nextDecision().orElse(null), due);
    }
    renderAndApply(candidate, began);
    return nextDue();
  }

  private void renderAndApply(Candidate candidate, Duration began) {
    Input input = candidate.input();
    attempted = input;
    state = state.on(Event.APPLY_STARTED);
    ApplyResult result;
    String rejection = null;
    try {
      RenderedConfig config = render(candidate);
      result = target.apply(config);
      // Only now: traffic does not wait for the status.
      reporter.rendered(input.snapshot(), input.routes(), candidate.servable().refusals(), config);
    } catch (TemplateException e) {
      rejection = String.valueOf(e.getMessage());
      result = new ApplyResult.Rejected(rejection, null);
    }
    boolean succeeded = settle(result, began, true);
    if (succeeded) {
      state = state.on(Event.APPLIED);
      applied = input;
      unsaved = true;
      if (template.accepted(input.template())) {
        log.info("HAProxy takes what {} gives now", template.name());
        reporter.template(template, false);
      }
    } else if (result instanceof ApplyResult.HaproxyAbsent) {
      // It is in the file already: HAProxy is to be brought to it, not to be given it anew.
      state = state.on(Event.HAPROXY_ABSENT);
    } else {
      state = state.on(Event.APPLY_FAILED);
      if (result instanceof ApplyResult.Rejected rejected) {
        rejected(
            rejection == null
                ? "HAProxy refuses what " + template.name() + " gives: " + rejected.message()
                : rejection);
      }
    }
    Duration end = time.elapsed();
    debouncer =
        result instanceof ApplyResult.Reloaded ? debouncer.reloaded(end) : debouncer.applied(end);
  }

  private RenderedConfig render(Candidate candidate) throws TemplateException {
    Input input = candidate.input();
    RenderedConfig config;
    try {
      Optional<RenderedConfig> known = candidate.servable().rendered(input.snapshot(), names());
      config =
          known.isPresent()
              ? known.get()
              : input.template().render(input.snapshot(), input.routes(), names());
    } catch (OutOfMemoryError | StackOverflowError e) {
      throw new TemplateException(
          template.name(), "it needs more memory than there is: " + e.getMessage());
    }
    names = config.serverNames();
    selected.keep(input.routes());
    return config;
  }

  /** If an edited template is to blame, the one before it is used. */
  private void rejected(String why) {
    if (applied == null || attempted == null || attempted.template() != template.current()) {
      return; // There is no other, or the one before is in use already.
    }
    if (rollBack(why, "The template before the one that HAProxy refuses stays in use")) {
      // It is in HAProxy again, so there is nothing to apply until something changes.
      state = state.on(Event.TEMPLATE_ROLLED_BACK);
      retry.cancel();
      attempted = applied;
      latest = applied;
    }
  }

  /**
   * Reports how it ended, and sets the time of the next attempt if there has to be one. Returns
   * whether it succeeded.
   *
   * @param bringsChange whether a success is the end of the changes that came
   */
  private boolean settle(ApplyResult result, Duration began, boolean bringsChange) {
    boolean succeeded = reporter.applied(result, began, bringsChange ? changedAt : null);
    if (succeeded) {
      retry.reset();
      if (bringsChange) {
        changedAt = null;
      }
    } else {
      retry.failed(time.elapsed(), random);
    }
    return succeeded;
  }

  /** Has what is served saved for the next start: not at every change of a burst. */
  private void save() {
    Duration now = time.elapsed();
    if (unsaved && now.compareTo(saveAt) >= 0) {
      unsaved = false;
      saveAt = now.plus(SAVE_INTERVAL);
      store.save(preservation.served());
      if (!selected.isOff()) {
        store.saveRouteOwners(selected.owners());
      }
    }
  }

  /** The names that the servers have, at first those of an earlier run. */
  private ServerNames names() {
    ServerNames known = names;
    if (known == null) {
      known = ServerNames.fromConfiguration(nameStyle, target.lastConfiguration());
      names = known;
    }
    return known;
  }

  private @Nullable Duration nextDue() {
    Optional<Duration> decision = preservation.nextDecision();
    return decision.isPresent() ? sooner(retry.due(), decision.get()) : retry.due();
  }

  private static Duration sooner(@Nullable Duration one, Duration other) {
    return one != null && one.compareTo(other) < 0 ? one : other;
  }
}
