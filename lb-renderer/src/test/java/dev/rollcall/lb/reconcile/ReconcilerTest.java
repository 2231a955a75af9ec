package dev.rollcall.lb.reconcile;

import static dev.rollcall.lb.TestInstances.at;
import static dev.rollcall.lb.TestInstances.instance;
import static dev.rollcall.lb.TestInstances.moved;
import static dev.rollcall.lb.TestInstances.onNode;
import static dev.rollcall.lb.TestInstances.web;
import static dev.rollcall.lb.TestInstances.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Catalog;
import dev.rollcall.lb.consul.Catalog.WatchStatus;
import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Endpoint;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.consul.PoolStore;
import dev.rollcall.lb.consul.SelfPreservationRules;
import dev.rollcall.lb.consul.SelfPreservationRules.PerService;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import dev.rollcall.lb.routing.RoutingRules;
import dev.rollcall.lb.routing.ServiceSelector;
import dev.rollcall.lb.status.Status;
import dev.rollcall.lb.status.StatusBoard;
import dev.rollcall.lb.template.HaproxyTemplate.LocalNetwork;
import dev.rollcall.lb.template.RenderedConfig;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSource;
import dev.rollcall.lb.template.TemplateSources;
import dev.rollcall.lb.update.ApplyResult;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the reconciler promises, in the order of a life. No test waits: time is a number. */
class ReconcilerTest {
  private static final Duration FIRST_ANSWER_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration MIN = Duration.ofMillis(200);
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final SelfPreservationRules RULES =
      new SelfPreservationRules(
          PerService.all(50),
          PerService.all(GRACE),
          PerService.all(1),
          new PerService<>(
              new UndersizedPoolPolicy.Serve503(),
              Map.of(
                  "shop",
                  new UndersizedPoolPolicy.Fallback(List.of("sorry")),
                  "sorry",
                  new UndersizedPoolPolicy.Hold())));
  private static final RoutingRules RULES_OF_ROUTES =
      new RoutingRules(List.of("*.example.org"), List.of(), Set.of());
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(31);

  private final FakeTime time = new FakeTime();
  private final TimeSource clock =
      new TimeSource(() -> Instant.EPOCH.plusNanos(time.nanos), () -> time.nanos);
  private final ReconcileTrigger trigger = new ReconcileTrigger(clock);
  private final FakeCatalog catalog = new FakeCatalog();
  private final FakeTarget target = new FakeTarget();
  private final FakeSource source =
      new FakeSource("{{#services.web}}{{name}}@{{address}} {{/services.web}}");
  private final FakePoolStore store = new FakePoolStore();
  private ServiceSelector selector = ServiceSelector.NONE;
  private final StatusBoard board = new StatusBoard("test", Instant.EPOCH, "t");
  private Reconciler reconciler;

  ReconcilerTest() throws TemplateException {
    reconciler = newReconciler();
  }

  private Reconciler newReconciler() throws TemplateException {
    return reconciler(TemplateSources.only(source));
  }

  private Reconciler reconciler(TemplateSources sources) throws TemplateException {
    return new Reconciler(
        new ActiveTemplate(sources, new TemplateEnvironment(Map.of()), LocalNetwork.LOOPBACK_ONLY),
        catalog,
        target,
        board,
        clock,
        new ReconcilerSettings(
            FIRST_ANSWER_TIMEOUT,
            RULES,
            Debouncer.of(MIN, Duration.ofSeconds(1)),
            ServerNames.Style.PLAIN,
            selector,
            RULES_OF_ROUTES),
        store,
        trigger,
        new Random(1));
  }

  @BeforeEach
  void watchesTheServicesOfTheTemplate() {
    assertThat(catalog.watched).containsExactly("web");
  }

  /** Runs the reconciler as its thread would, until the time is over. */
  private void advance(Duration length) {
    long end = time.nanos + length.toNanos();
    while (true) {
      Duration pause = reconciler.reconcile();
      assertThat(pause).isBetween(Duration.ZERO, Reconciler.TEMPLATE_CHECK_INTERVAL);
      if (time.nanos + pause.toNanos() > end) {
        time.nanos = end;
        return;
      }
      time.nanos += Math.max(1, pause.toNanos());
    }
  }

  @Test
  void appliesTheFirstViewAtOnce() {
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
    assertThat(board.read().inUse()).isTrue();
  }

  @Test
  void appliesNothingTwice() {
    catalog.has(instance("a"));
    advance(Duration.ofMinutes(1));
    catalog.has(instance("a"));
    advance(Duration.ofMinutes(1));
    assertThat(target.applied).hasSize(1);
  }

  @Test
  void appliesAChangeAtOnceWhenTheLastWasAWhileAgo() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    catalog.has(instance("b"));
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n", "b@198.18.0.5 \n");
  }

  @Test
  void gathersABurstAndAppliesTheLatestOnly() {
    for (int i = 0; i < 100; i++) {
      catalog.has(instance("a" + i));
      reconciler.reconcile();
      time.nanos += Duration.ofMillis(1).toNanos();
    }
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).hasSize(2).first().isEqualTo("a0@198.18.0.5 \n");
    assertThat(target.applied).last().isEqualTo("a99@198.18.0.5 \n");
  }

  @Test
  void waitsLongerAfterAReload() {
    target.next(new ApplyResult.Reloaded("first configuration", Duration.ofMillis(80)));
    catalog.has(instance("a"));
    reconciler.reconcile();
    catalog.has(instance("b"));
    advance(MIN.multipliedBy(Debouncer.AFTER_A_RELOAD).minusMillis(1));
    assertThat(target.applied).hasSize(1);
    advance(MIN);
    assertThat(target.applied).hasSize(2);
  }

  @Test
  void waitsAfterTheEndOfASlowApply() {
    target.takes = Duration.ofSeconds(3);
    catalog.has(instance("a"));
    reconciler.reconcile();
    catalog.has(instance("b"));
    assertThat(reconciler.reconcile()).isLessThanOrEqualTo(MIN).isPositive();
    assertThat(target.applied).hasSize(1);
    time.nanos += MIN.toNanos();
    reconciler.reconcile();
    assertThat(target.applied).hasSize(2);
  }

  private @Nullable Double sinceChange() {
    return Objects.requireNonNull(board.read().lastApply()).secondsSinceChange();
  }

  @Test
  void reportsTheTimeFromAChangeToItsUse() {
    target.takes = Duration.ofSeconds(3);
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(sinceChange()).isEqualTo(3.0);
    // This one comes while the next is applied, and waits for it.
    catalog.has(instance("b"));
    trigger.catalogChanged();
    time.nanos += Duration.ofSeconds(2).toNanos();
    reconciler.reconcile();
    assertThat(sinceChange()).isEqualTo(5.0);
  }

  @Test
  void countsFailedAttemptsIntoTheTimeOfAChange() {
    target.next(new ApplyResult.Failed("disk full"), new ApplyResult.Failed("disk full"));
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(sinceChange()).isNull();
    long began = time.nanos;
    while (!board.read().inUse()) {
      advance(Duration.ofMillis(1));
    }
    assertThat(sinceChange()).isBetween(0.0, (time.nanos - began) / 1e9);
    trigger.haproxyRestarted();
    advance(Duration.ofSeconds(1));
    assertThat(target.resyncs).isEqualTo(1);
    assertThat(sinceChange()).as("nothing changed").isNull();
  }

  @Test
  void forgetsAChangeThatWasReverted() {
    catalog.has(instance("a"));
    reconciler.reconcile();
    catalog.has(instance("b"));
    reconciler.reconcile();
    catalog.has(instance("a"));
    advance(Duration.ofMinutes(1));
    assertThat(target.applied).hasSize(1);
    catalog.has(instance("b"));
    reconciler.reconcile();
    assertThat(sinceChange()).isZero();
  }

  @Test
  void ignoresTheTimeOfAChangeThatItHasSeenAlready() {
    catalog.has(instance("a"));
    reconciler.reconcile();
    trigger.catalogChanged();
    advance(Duration.ofMinutes(1));
    catalog.has(instance("b"));
    reconciler.reconcile();
    assertThat(sinceChange()).isZero();
  }

  @Test
  void doesNotSkipAConfigurationThatFlapsBack() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(1));
    catalog.has(instance("b"));
    advance(Duration.ofSeconds(1));
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied)
        .containsExactly("a@198.18.0.5 \n", "b@198.18.0.5 \n", "a@198.18.0.5 \n");
  }

  @Test
  void waitsForTheFirstAnswerOfEveryServiceAndReportsIt() {
    advance(FIRST_ANSWER_TIMEOUT.minusMillis(1));
    assertThat(target.calls()).isZero();
    assertThat(board.read().waiting()).isNotNull();
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().waiting()).isNull();
  }

  @Test
  void rendersEmptyPoolsWhenConsulStaysSilentAndThereIsNoConfiguration() {
    advance(FIRST_ANSWER_TIMEOUT);
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("\n");
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).containsExactly("\n", "a@198.18.0.5 \n");
  }

  @Test
  void keepsTheConfigurationOfAnEarlierRunWhenConsulStaysSilent() {
    target.configured = true;
    advance(FIRST_ANSWER_TIMEOUT.plusMinutes(5));
    assertThat(target.applied).isEmpty();
    assertThat(target.resyncs).isEqualTo(1);
    assertThat(board.read().inUse()).isTrue();
    assertThat(board.read().waiting()).isNotNull();
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
  }

  private void names(String... services) {
    StringBuilder text = new StringBuilder();
    for (String service : services) {
      text.append(
          service + ":{{#services." + service + "}} {{name}}{{/services." + service + "}} ");
    }
    source.becomes(text.toString());
  }

  private void has(String service, String... ids) {
    List<ServiceInstance> instances =
        Stream.of(ids).map(id -> at(id, "198.18.0." + (id.charAt(0) - 'a' + 1), 80)).toList();
    catalog.view = catalog.view.with(service, Pool.of(instances));
  }

  @Test
  void followsOtherServicesWhileAnEditedTemplateWaitsForAnUnansweredService() {
    has("web", "a");
    advance(Duration.ofSeconds(5));
    names("web", "pay");
    advance(Duration.ofSeconds(2));
    assertThat(board.read().waiting()).contains("pay");
    has("web", "b");
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("b@198.18.0.2 \n");
    assertThat(board.read().inUse()).isTrue();

    advance(FIRST_ANSWER_TIMEOUT);
    assertThat(target.applied).last().isEqualTo("web: b pay: \n");
    assertThat(board.read().waiting()).isNull();
    has("web", "c");
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("web: c pay: \n");
    assertThat(board.read().services())
        .extracting(service -> service.name() + " " + service.answered())
        .containsExactly("pay false", "web true");
    has("pay", "p");
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("web: c pay: p \n");
  }

  @Test
  void revertsAnEditThatNamedAnUnansweredService() {
    has("web", "a");
    advance(Duration.ofSeconds(5));
    String before = source.text;
    names("web", "pay");
    advance(Duration.ofSeconds(2));
    source.becomes(before);
    advance(Duration.ofSeconds(2));
    assertThat(board.read().waiting()).isNull();
    assertThat(target.applied).containsOnly("a@198.18.0.1 \n");
  }

  @Test
  void startsWithThePoolOfTheLastRunForAnUnansweredService() throws TemplateException {
    store.kept = Map.of("pay", List.of(at("p", "198.18.0.9", 80)), "web", List.of(instance("old")));
    target.configured = true;
    names("web", "pay", "new");
    reconciler = newReconciler();
    has("web", "a");
    advance(FIRST_ANSWER_TIMEOUT.minusMillis(1));
    assertThat(target.calls()).isZero();
    advance(Duration.ofMillis(2));
    assertThat(target.applied).containsExactly("web: a pay: p new: \n");
    has("web", "a", "b");
    advance(Duration.ofMinutes(5));
    assertThat(target.applied).last().isEqualTo("web: a b pay: p new: \n");
    assertThat(store.kept.get("pay")).hasSize(1);

    has("pay");
    advance(Duration.ofSeconds(1));
    assertThat(target.applied)
        .last()
        .as("an empty pool is doubted")
        .isEqualTo("web: a b pay: p new: \n");
    advance(GRACE);
    assertThat(target.applied).last().isEqualTo("web: a b pay: new: \n");
  }

  @Test
  void givesTheAddressOfAnUnansweredServiceToTheInstanceThatHasItNow() throws TemplateException {
    store.kept = Map.of("pay", List.of(at("p", "198.18.0.1", 80)), "web", List.of());
    names("web", "pay");
    reconciler = newReconciler();
    has("web", "a");
    advance(FIRST_ANSWER_TIMEOUT.plusMillis(1));
    assertThat(target.applied).containsExactly("web: a pay: \n");
  }

  @Test
  void savesServedPoolsForTheNextRunOnceASecondAtMost() {
    for (String id : List.of("a", "b", "c", "d")) {
      has("web", id);
      advance(MIN);
    }
    advance(Duration.ofSeconds(3));
    assertThat(store.kept.get("web")).extracting(ServiceInstance::id).containsExactly("d");
    assertThat(store.writes).isEqualTo(2);
    advance(Duration.ofMinutes(5));
    assertThat(store.writes).isEqualTo(2);
  }

  @Test
  void doesNotSpinWhileAServiceIsUnansweredAndOthersAreRetained() {
    has("web", "a");
    advance(Duration.ofSeconds(5));
    catalog.lost();
    advance(Duration.ofSeconds(1));
    names("web", "pay");
    int steps = 0;
    for (long end = time.nanos + Duration.ofMinutes(2).toNanos(); time.nanos < end; steps++) {
      time.nanos += Math.max(1, reconciler.reconcile().toNanos());
    }
    assertThat(steps).isLessThan(300);
  }

  @Test
  void retriesResyncWhileHaproxyIsAbsent() {
    target.configured = true;
    target.next(
        new ApplyResult.HaproxyAbsent("no HAProxy"), new ApplyResult.HaproxyAbsent("no HAProxy"));
    advance(FIRST_ANSWER_TIMEOUT.plus(LONGEST_PAUSE));
    assertThat(target.resyncs).isEqualTo(3);
    assertThat(target.applied).isEmpty();
  }

  @Test
  void resyncsAnHaproxyThatDrifted() {
    catalog.has(instance("a"));
    reconciler.reconcile();
    target.drifts = true;
    advance(Duration.ofSeconds(3));
    assertThat(target.resyncs).isEqualTo(1);
    assertThat(target.applied).hasSize(1);
  }

  @Test
  void reportsHowLongARuntimeChangeTook() {
    target.next(
        new ApplyResult.RuntimeChanged(
            "1 server added in backend web", Duration.ofNanos(2_500_000)));
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(board.read().lastApply())
        .isNotNull()
        .satisfies(
            apply -> {
              assertThat(apply.kind()).isEqualTo("changed");
              assertThat(apply.reason()).isEqualTo("1 server added in backend web");
              assertThat(apply.seconds()).isEqualTo(0.0025);
              assertThat(apply.succeeded()).isTrue();
            });
  }

  @Test
  void retriesAfterAFailureWithBackoff() {
    target.next(
        new ApplyResult.Failed("disk full"), new ApplyResult.Rejected("bad line", Path.of("c")));
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(board.read().inUse()).isFalse();
    assertThat(board.read().lastApply())
        .isNotNull()
        .satisfies(apply -> assertThat(apply.kind()).isEqualTo("failed"));
    advance(LONGEST_PAUSE);
    assertThat(target.applied).hasSize(3);
    assertThat(board.read().inUse()).isTrue();
    assertThat(board.read().applies())
        .containsOnly(Map.entry("failed", 1L), Map.entry("rejected", 1L), Map.entry("written", 1L));
    advance(Duration.ofMinutes(5));
    assertThat(target.calls()).isEqualTo(3);
  }

  @Test
  void resyncsWithoutApplyingAgainWhenAnAbsentHaproxyComes() {
    target.next(
        new ApplyResult.HaproxyAbsent("no HAProxy"), new ApplyResult.HaproxyAbsent("no HAProxy"));
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(board.read().written()).isTrue();
    assertThat(board.read().inUse()).isFalse();
    advance(Duration.ofSeconds(2));
    target.next(new ApplyResult.NoChange());
    trigger.haproxyRestarted();
    advance(Duration.ofMinutes(5));
    assertThat(target.applied).hasSize(1);
    assertThat(target.resyncs).isPositive();
    assertThat(board.read().inUse()).isTrue();
  }

  @Test
  void appliesAChangeWhileItWaitsForHaproxy() {
    target.next(new ApplyResult.HaproxyAbsent("no HAProxy"));
    catalog.has(instance("a"));
    advance(MIN.minusMillis(1));
    catalog.has(instance("b"));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n", "b@198.18.0.5 \n");
  }

  @Test
  void retriesAFewTimesAMinuteAtMost() {
    target.always = new ApplyResult.Failed("disk full");
    catalog.has(instance("a"));
    advance(Duration.ofHours(1));
    assertThat(target.applied).hasSizeBetween(120, 500);
  }

  @Test
  void appliesAChangeAtOnceDuringBackoff() {
    target.next(new ApplyResult.Rejected("bad line", Path.of("c")));
    catalog.has(instance("a"));
    advance(MIN);
    int before = target.applied.size();
    catalog.has(instance("b"));
    reconciler.reconcile();
    assertThat(target.applied).hasSizeGreaterThan(before).last().isEqualTo("b@198.18.0.5 \n");
  }

  @Test
  void resyncsARestartedHaproxy() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    trigger.haproxyRestarted();
    reconciler.reconcile();
    assertThat(target.resyncs).isEqualTo(1);
    advance(Duration.ofMinutes(1));
    assertThat(target.resyncs).isEqualTo(1);
    assertThat(target.applied).hasSize(1);
  }

  @Test
  void reportsInstancesThatWereLeftOutAndServesTheOthers() {
    catalog.has(instance("a"), at("evil", "127.0.0.1 backup", 80));
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
    assertThat(board.read().services())
        .singleElement()
        .satisfies(
            web -> {
              assertThat(web.instances()).extracting("id").containsExactly("a", "evil");
              assertThat(web.instances().get(0).refused()).isNull();
              assertThat(web.instances().get(1).refused()).contains("127.0.0.1 backup");
            });
  }

  @Test
  void keepsTheLastGoodRegistrationsWhenAllAreRegisteredWithUnservableValues() {
    catalog.has(instance("a"), at("b", "198.18.0.6", 80));
    advance(Duration.ofSeconds(5));
    catalog.has(at("a", "127.0.0.1 backup", 80), at("b", "unix@/x", 80), at("c", "*", 80));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("a@198.18.0.5 b@198.18.0.6 \n");
    assertThat(board.read().services())
        .singleElement()
        .satisfies(
            web -> {
              assertThat(web.instances())
                  .extracting(one -> one.id() + " " + (one.refused() == null))
                  .containsExactly("a true", "b true", "c false");
              Status.Retention guard = Objects.requireNonNull(web.guard());
              assertThat(guard.held()).containsExactly("a", "b");
              assertThat(guard.reason()).contains("values that can't be served");
            });
    catalog.has(instance("a"), at("b", "unix@/x", 80));
    advance(GRACE.plusSeconds(1));
    assertThat(target.applied).last().isEqualTo("a@198.18.0.5 \n");
  }

  @Test
  void keepsTheLastGoodRegistrationsOfAFallbackServiceToo() throws TemplateException {
    source.becomes("{{#services.shop}}{{name}}@{{address}} {{/services.shop}}");
    reconciler = newReconciler();
    ServiceInstance bad = at("s", "unix@/x", 80);
    catalog.view =
        CatalogSnapshot.of(
            Map.of(
                "shop", Pool.of(List.of(instance("a"))), "sorry", Pool.of(List.of(instance("s")))));
    advance(Duration.ofSeconds(1));
    catalog.view = catalog.view.with("sorry", Pool.of(List.of(bad)));
    advance(Duration.ofSeconds(1));
    catalog.view = catalog.view.with("shop", Pool.of(List.of()));
    advance(GRACE.plusSeconds(1));
    assertThat(target.applied).last().isEqualTo("s@198.18.0.5 \n");
  }

  @Test
  void keepsTheTemplateBeforeWhenAnEditedOneWouldLeaveNoServer() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    source.becomes("{{#services.web}}{{name}} {{meta.color}} {{/services.web}}");
    advance(Duration.ofSeconds(3));
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
    assertThat(board.read().template().problem())
        .contains("would leave 0 servers of service web")
        .contains("meta.color");
    assertThat(board.read().services()).allMatch(web -> web.guard() == null);
    catalog.has(instance("b"));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("b@198.18.0.5 \n");

    catalog.has(with("c", List.of(), Map.of("color", "blue")));
    advance(Duration.ofMinutes(2));
    assertThat(target.applied).last().isEqualTo("c blue \n");
    assertThat(board.read().template().problem()).isNull();
  }

  @Test
  void reportsIgnoredOptionsAndServesTheInstance() {
    source.becomes(
        "{{#services.web.option.timeout}}{{.}}{{/services.web.option.timeout}}{{#services.web}}{{name}}"
            + " {{/services.web}}");
    catalog.has(with("a", List.of(), Map.of("lb-timeout", "90sec")), instance("b"));
    advance(Reconciler.TEMPLATE_CHECK_INTERVAL);
    assertThat(target.applied).last().isEqualTo("a b \n");
    assertThat(board.read().services().get(0).instances())
        .satisfiesExactly(
            a -> {
              assertThat(a.refused()).isNull();
              assertThat(a.ignored()).contains("lb-timeout '90sec'");
            },
            b -> assertThat(b.ignored()).isNull());
  }

  @Test
  void keepsServerNamesThroughJoinsEditsAndARestart() throws TemplateException {
    ServiceInstance first = moved(onNode("web", "n1"), "198.18.0.1", 80);
    ServiceInstance second = moved(onNode("web", "n2"), "198.18.0.2", 80);
    source.becomes(
        "backend b\n{{#services.web}}\nserver {{name}} {{address}}:{{port}}\n{{/services.web}}\n");
    catalog.has(first);
    advance(Duration.ofSeconds(5));
    catalog.has(first, second);
    advance(Duration.ofSeconds(5));
    String both = target.applied.get(target.applied.size() - 1);
    assertThat(both).contains("server web 198.18.0.1:80\n").containsPattern("web-[0-9a-f]{8} 198");
    source.becomes("# edited\n" + source.text);
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).last().isEqualTo("# edited\n" + both);

    target.configuration = both;
    reconciler = newReconciler();
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).hasSize(5).last().isEqualTo("# edited\n" + both);
  }

  @Test
  void reloadsAChangedTemplateAndWatchesItsServices() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    source.becomes(
        "{{#services.web}}web {{name}}{{/services.web}}{{^services.db}}no db{{/services.db}}");
    advance(Reconciler.TEMPLATE_CHECK_INTERVAL);
    assertThat(catalog.watched).containsExactlyInAnyOrder("db", "web");
    assertThat(target.applied).hasSize(1);
    catalog.view = catalog.view.with("db", Pool.of(List.of()));
    reconciler.reconcile();
    assertThat(target.applied).hasSize(2).last().isEqualTo("web ano db\n");
  }

  @Test
  void keepsTheLastGoodTemplateWhenAnEditBreaksIt() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    source.becomes("{{#services.web}}");
    advance(Reconciler.TEMPLATE_CHECK_INTERVAL.multipliedBy(3));
    assertThat(board.read().template().problem()).contains("t:1:1:");
    catalog.has(instance("b"));
    reconciler.reconcile();
    assertThat(target.applied).last().isEqualTo("b@198.18.0.5 \n");
    source.becomes("{{#services.web}}mended {{name}}{{/services.web}}");
    advance(Reconciler.TEMPLATE_CHECK_INTERVAL.multipliedBy(2));
    assertThat(board.read().template().problem()).isNull();
    assertThat(target.applied).last().isEqualTo("mended b\n");
  }

  private static final ApplyResult REFUSED =
      new ApplyResult.Rejected("unknown keyword", Path.of("c"));

  @Test
  void rollsBackToTheTemplateBeforeWhenHaproxyRejectsAnEdit() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(2));
    target.next(REFUSED);
    source.becomes("edited {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofMillis(1100));
    assertThat(target.applied).last().isEqualTo("edited a \n");
    assertThat(board.read().template().problem())
        .isEqualTo("HAProxy refuses what t gives: unknown keyword");
    assertThat(board.read().inUse()).isFalse();

    catalog.has(instance("b"));
    advance(MIN);
    assertThat(target.applied).last().isEqualTo("b@198.18.0.5 \n");
    assertThat(board.read().inUse()).isTrue();
    assertThat(board.read().template().problem()).isNotNull();
  }

  @Test
  void rollsBackToTheTemplateBeforeWhenAnEditRendersTooMuchText() {
    catalog.has(many("a", 130));
    advance(Duration.ofSeconds(2));
    source.becomes("{{#services.web}}" + "x".repeat(1 << 19) + "{{/services.web}}");
    advance(Duration.ofMillis(1100));
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().template().problem())
        .startsWith("template t: the configuration would be larger than");

    catalog.has(instance("b"));
    advance(MIN);
    assertThat(target.applied).hasSize(2).last().isEqualTo("b@198.18.0.5 \n");
    assertThat(board.read().inUse()).isTrue();
  }

  private static ServiceInstance[] many(String id, int count) {
    ServiceInstance[] many = new ServiceInstance[count];
    for (int i = 0; i < count; i++) {
      many[i] = instance(id + i);
    }
    return many;
  }

  @Test
  void retriesARejectedTemplateWithBackoffUntilItIsAccepted() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(2));
    target.next(REFUSED, REFUSED, REFUSED);
    source.becomes("edited {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofMinutes(2));

    assertThat(target.applied)
        .containsExactly(
            "a@198.18.0.5 \n", "edited a \n", "edited a \n", "edited a \n", "edited a \n");
    assertThat(board.read().template().problem()).isNull();
    assertThat(board.read().inUse()).isTrue();
  }

  @Test
  void retriesARejectedTemplateAFewTimesAMinuteAtMost() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(2));
    source.becomes("edited {{#services.web}}{{name}} {{/services.web}}");
    target.refuses = "edited";
    for (int i = 0; i < 600; i++) {
      catalog.has(instance("a" + i));
      advance(Duration.ofSeconds(1));
    }
    assertThat(target.applied.stream().filter(text -> text.startsWith("edited")))
        .hasSizeBetween(20, 60);
    assertThat(target.applied).last().isEqualTo("a599@198.18.0.5 \n");
  }

  @Test
  void appliesACorrectedTemplateAtOnce() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(2));
    target.refuses = "edited";
    source.becomes("edited {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofMinutes(1));
    source.becomes("mended {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofSeconds(2));
    assertThat(target.applied).last().isEqualTo("mended a \n");
    assertThat(board.read().template().problem()).isNull();

    source.becomes("edited {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofMinutes(1));
    source.becomes("mended {{#services.web}}{{name}} {{/services.web}}");
    advance(Duration.ofSeconds(2));
    assertThat(board.read().template().problem()).isNull();
    assertThat(board.read().inUse()).isTrue();
  }

  @Test
  void reloadsTheTemplateAtOnceWhenAskedWhateverItsStampSays() {
    catalog.has(instance("a"));
    reconciler.reconcile();
    time.nanos += MIN.multipliedBy(2).toNanos();
    source.text = "{{#services.web}}new {{name}}{{/services.web}}";
    reconciler.reconcile();
    assertThat(target.applied).hasSize(1);
    trigger.templateTouched();
    reconciler.reconcile();
    assertThat(target.applied).hasSize(2).last().isEqualTo("new a\n");
    trigger.templateTouched();
    advance(Reconciler.TEMPLATE_CHECK_INTERVAL);
    assertThat(target.applied).hasSize(2);
  }

  @Test
  void rendersAuxiliaryFilesAndNoneWhenOneTemplateIsWrong() throws TemplateException {
    Path map = Path.of("/etc/haproxy/web.map");
    FakeSource second = new FakeSource("{{#services.db}}{{id}} {{/services.db}}");
    reconciler = reconciler(new TemplateSources(source, Map.of(map, second)));
    assertThat(catalog.watched).containsExactlyInAnyOrder("db", "web");
    catalog.has(instance("a"));
    catalog.view = catalog.view.with("db", Pool.of(List.of(instance("d"))));
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
    assertThat(target.others).containsExactly(Map.of(map, "d \n"));
    source.becomes("new");
    second.becomes("{{nothing}}");
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().template().problem()).contains("t:1:1:");
    second.becomes("{{#services.db}}{{id}}, {{/services.db}}");
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).last().isEqualTo("new\n");
    assertThat(target.others).last().isEqualTo(Map.of(map, "d, \n"));
  }

  @Test
  void appliesNothingWhenTheTemplatesFileWasOnlyTouched() {
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    source.becomes(source.text);
    advance(Duration.ofSeconds(5));
    assertThat(target.applied).hasSize(1);
  }

  @Test
  void retainsAPoolThatConsulLostForTheGraceTimeAndReportsIt() {
    catalog.has(instance("a"), at("b", "198.18.0.6", 80));
    advance(Duration.ofSeconds(5));
    catalog.lost();
    advance(GRACE.minusMillis(1));
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().services())
        .singleElement()
        .satisfies(
            web -> {
              Status.Retention guard = Objects.requireNonNull(web.guard());
              assertThat(guard.held()).containsExactly("a", "b");
              assertThat(guard.reason()).isEqualTo("are unknown to Consul");
              assertThat(guard.until()).isEqualTo(guard.since().plus(GRACE));
            });
    advance(Duration.ofMillis(1));
    reconciler.reconcile();
    assertThat(target.applied).hasSize(2).last().isEqualTo("\n");
    assertThat(board.read().services()).allMatch(web -> web.guard() == null);
  }

  @Test
  void dropsARetainedInstanceWhenAnotherServiceHasItsEndpoint() {
    catalog.has(instance("a"), at("b", "198.18.0.6", 80));
    advance(Duration.ofSeconds(5));
    assertThat(catalog.asked).isEmpty();
    catalog.lost();
    advance(Duration.ofSeconds(2));
    Endpoint a = Endpoint.of(instance("a"));
    assertThat(catalog.asked).containsExactlyInAnyOrder(a, new Endpoint("198.18.0.6", 80));
    catalog.elsewhere = Set.of(a);
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).last().isEqualTo("b@198.18.0.6 \n");
    advance(GRACE);
    assertThat(catalog.asked).as("nothing is held").isEmpty();
  }

  @Test
  void appliesNothingWhenConsulHasItsDataAgain() {
    catalog.has(instance("a"), at("b", "198.18.0.6", 80));
    advance(Duration.ofSeconds(5));
    catalog.lost();
    advance(Duration.ofSeconds(5));
    catalog.has(instance("a"));
    advance(Duration.ofSeconds(5));
    catalog.has(instance("a"), at("b", "198.18.0.6", 80));
    advance(Duration.ofMinutes(5));
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().services()).allMatch(web -> web.guard() == null);
  }

  @Test
  void keepsTheConfigurationOfAnEarlierRunWhileConsulHasNobodyAtTheStart() {
    target.configured = true;
    catalog.has();
    advance(GRACE.minusMillis(1));
    assertThat(target.resyncs).isEqualTo(1);
    assertThat(target.applied).isEmpty();
    assertThat(board.read().waiting()).isNotNull();
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("a@198.18.0.5 \n");
    assertThat(board.read().waiting()).isNull();
  }

  @Test
  void rendersEmptyPoolsAfterTheGraceTimeWhenConsulHasNobodyAtTheStart() {
    target.configured = true;
    catalog.has();
    advance(GRACE);
    reconciler.reconcile();
    assertThat(target.applied).containsExactly("\n");
  }

  @Test
  void servesTheFallbackServiceWhenAPoolIsEmpty() throws TemplateException {
    source.becomes("{{#services.shop}}{{name}} {{/services.shop}}");
    reconciler = newReconciler();
    assertThat(catalog.watched).containsExactlyInAnyOrder("shop", "sorry");
    catalog.view =
        CatalogSnapshot.of(
            Map.of("shop", Pool.of(List.of()), "sorry", Pool.of(List.of(instance("s")))));
    advance(Duration.ofSeconds(1));
    catalog.view = catalog.view.with("shop", Pool.of(List.of(instance("a"))));
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).containsExactly("s \n", "a \n");
  }

  @Test
  void continuesAfterAnUnexpectedException() {
    target.breaks = new IllegalStateException("broken");
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(board.read().error()).contains("broken");
    target.breaks = null;
    advance(LONGEST_PAUSE);
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().error()).isNull();
  }

  @Test
  void continuesAfterAnError() {
    target.breaks = new OutOfMemoryError("as if");
    catalog.has(instance("a"));
    reconciler.reconcile();
    assertThat(board.read().error()).contains("as if");
    target.breaks = null;
    advance(LONGEST_PAUSE);
    assertThat(target.applied).hasSize(1);
    assertThat(board.read().error()).isNull();
  }

  private static final String RANGING =
      "{{#services}}{{service}}:{{#routes}}{{key}}{{/routes}}={{#instances}}{{name}}{{/instances}} {{/services}}";

  private static ServiceInstance of(String service, long index, String host) {
    return ServiceInstance.builder(service, "198.18.0.1", 80)
        .id(service + "-1")
        .node("n1")
        .meta(Map.of("lb-host", host))
        .createIndex(index)
        .build();
  }

  private void range() throws TemplateException {
    source.becomes(RANGING);
    selector = new ServiceSelector(List.of("*"), Set.of(), 10);
    reconciler = newReconciler();
  }

  private String last() {
    return target.applied.get(target.applied.size() - 1);
  }

  @Test
  void waitsForTheListAndTheFirstAnswersThenRangesOverServicesAsTheyCome() throws Exception {
    range();
    advance(Duration.ofSeconds(1));
    assertThat(target.applied).isEmpty();
    ServiceInstance web = of("web", 1, "www.example.org");
    catalog.lists(Map.of("web", List.of(web)));
    advance(Duration.ofSeconds(1));
    assertThat(last()).isEqualTo("web:www.example.org/=web-1 \n");
    assertThat(catalog.watched).containsExactly("web");

    ServiceInstance cart = of("cart", 2, "cart.example.org");
    catalog.lists(Map.of("web", List.of(web), "cart", List.of(cart)));
    advance(Duration.ofSeconds(3));
    assertThat(last()).isEqualTo("cart:cart.example.org/=cart-1 web:www.example.org/=web-1 \n");
    assertThat(catalog.watched).containsExactlyInAnyOrder("cart", "web");
  }

  @Test
  void anEmptyListTakesNoServiceOutWhoseInstancesAreLost() throws Exception {
    range();
    catalog.lists(Map.of("sorry", List.of(of("sorry", 1, "www.example.org"))));
    advance(Duration.ofSeconds(1));
    catalog.listed = Optional.of(Map.of());
    catalog.lost("sorry");
    advance(Duration.ofMinutes(10));
    assertThat(last()).isEqualTo("sorry:www.example.org/=sorry-1 \n");
    assertThat(target.applied).hasSize(1);
  }

  @Test
  void ofTwoServicesOneThatIsLostGoesAfterTheGraceTime() throws Exception {
    range();
    ServiceInstance web = of("web", 1, "www.example.org");
    catalog.lists(
        Map.of("web", List.of(web), "sorry", List.of(of("sorry", 2, "sorry.example.org"))));
    advance(Duration.ofSeconds(1));
    catalog.lists(Map.of("web", List.of(web)));
    catalog.lost("sorry");
    advance(Duration.ofSeconds(20));
    assertThat(last()).contains("sorry:");
    advance(Duration.ofSeconds(20));
    assertThat(last()).isEqualTo("web:www.example.org/=web-1 \n");
  }

  @Test
  void aServiceThatDeregisteredGoesAfterTheGraceTime() throws Exception {
    range();
    ServiceInstance web = of("web", 1, "www.example.org");
    catalog.lists(Map.of("web", List.of(web), "cart", List.of(of("cart", 2, "cart.example.org"))));
    advance(Duration.ofSeconds(1));
    catalog.lists(Map.of("web", List.of(web)));
    catalog.answers("cart", List.of());
    advance(Duration.ofSeconds(20));
    assertThat(last()).contains("cart:");
    advance(Duration.ofSeconds(20));
    assertThat(last()).isEqualTo("web:www.example.org/=web-1 \n");
    assertThat(catalog.watched).containsExactly("web");
  }

  @Test
  void whoHasARouteKeepsItOverARestart() throws Exception {
    range();
    catalog.lists(Map.of("z", List.of(of("z", 9, "www.example.org"))));
    advance(Duration.ofSeconds(2));
    assertThat(store.owners).containsExactly(Map.entry("www.example.org/", "z"));

    reconciler = newReconciler();
    catalog.lists(
        Map.of(
            "a", List.of(of("a", 1, "www.example.org")),
            "z", List.of(of("z", 9, "www.example.org"))));
    advance(Duration.ofSeconds(2));
    assertThat(last()).isEqualTo("a:=a-1 z:www.example.org/=z-1 \n");
  }

  private static final class FakeTime {
    private long nanos = 1;
  }

  private static final class FakeCatalog implements Catalog {
    private CatalogSnapshot view = CatalogSnapshot.EMPTY;
    private Set<String> watched = Set.of();
    private Set<Endpoint> asked = Set.of();
    private Set<Endpoint> elsewhere = Set.of();
    private Optional<Map<String, List<String>>> listed = Optional.empty();

    /** Consul lists these services, each with its instances. */
    void lists(Map<String, List<ServiceInstance>> services) {
      Map<String, List<String>> tags = new HashMap<>();
      services.forEach((service, instances) -> tags.put(service, List.of()));
      listed = Optional.of(tags);
      services.forEach(this::answers);
    }

    /** Consul says which instances a service has. */
    void answers(String service, List<ServiceInstance> instances) {
      view = view.with(service, Pool.of(instances));
    }

    void has(ServiceInstance... instances) {
      view = web(instances);
    }

    void lost() {
      lost("web");
    }

    void lost(String service) {
      view = view.with(service, new Pool(true, List.of(), List.of(), List.of(), List.of(), 1));
    }

    @Override
    public CatalogSnapshot snapshot() {
      return view;
    }

    @Override
    public void watchOnly(Set<String> services) {
      watched = Set.copyOf(services);
      view = view.restrictedTo(services);
    }

    @Override
    public Optional<Map<String, List<String>>> listServices(boolean wanted) {
      return wanted ? listed : Optional.empty();
    }

    @Override
    public Set<Endpoint> endpointsOfOtherServices(Set<Endpoint> endpoints) {
      asked = Set.copyOf(endpoints);
      return elsewhere;
    }

    @Override
    public Map<String, WatchStatus> watchStatus() {
      return Map.of();
    }
  }

  private final class FakeTarget implements Reconciler.ConfigTarget {
    private final List<String> applied = new ArrayList<>();
    private final List<Map<Path, String>> others = new ArrayList<>();
    private final Deque<ApplyResult> outcomes = new ArrayDeque<>();
    private ApplyResult always = new ApplyResult.FileWritten("changed");
    private Duration takes = Duration.ZERO;
    private int resyncs;
    private boolean configured;
    private boolean drifts;
    private @Nullable Throwable breaks;
    private @Nullable String refuses;
    private String configuration = "";

    void next(ApplyResult... coming) {
      outcomes.addAll(List.of(coming));
    }

    int calls() {
      return applied.size() + resyncs;
    }

    private ApplyResult outcome() {
      time.nanos += takes.toNanos();
      ApplyResult outcome = outcomes.poll();
      return outcome == null ? always : outcome;
    }

    @Override
    public ApplyResult apply(RenderedConfig rendering) {
      if (breaks instanceof RuntimeException defect) {
        throw defect;
      } else if (breaks instanceof Error error) {
        throw error;
      }
      applied.add(rendering.text());
      others.add(rendering.auxiliaryFiles());
      return refuses != null && rendering.text().startsWith(refuses) ? REFUSED : outcome();
    }

    @Override
    public ApplyResult resync() {
      resyncs++;
      return outcome();
    }

    @Override
    public boolean maintain() {
      boolean drifted = drifts;
      drifts = false;
      return drifted;
    }

    @Override
    public boolean hasConfiguration() {
      return configured;
    }

    @Override
    public String lastConfiguration() {
      return configuration;
    }
  }

  private static final class FakePoolStore implements PoolStore {
    private Map<String, List<ServiceInstance>> kept = Map.of();
    private Map<String, String> owners = Map.of();
    private int writes;

    @Override
    public Map<String, String> loadRouteOwners() {
      return owners;
    }

    @Override
    public void saveRouteOwners(Map<String, String> changed) {
      owners = Map.copyOf(changed);
    }

    @Override
    public Map<String, List<ServiceInstance>> load() {
      return kept;
    }

    @Override
    public void save(Map<String, List<ServiceInstance>> pools) {
      kept = Map.copyOf(pools);
      writes++;
    }
  }

  private static final class FakeSource implements TemplateSource {
    private String text;
    private int changes;

    FakeSource(String text) {
      this.text = text;
    }

    void becomes(String changed) {
      text = changed;
      changes++;
    }

    @Override
    public String name() {
      return "t";
    }

    @Override
    public String read() {
      return text;
    }

    @Override
    public String stamp() {
      return Integer.toString(changes);
    }
  }
}
