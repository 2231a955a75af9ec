package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What the library promises, whatever registry it speaks with: run against a real Consul and
 * against the registry in memory, which therefore behave the same.
 */
abstract class DiscoveryContract {

  private final List<Discovery> connections = new ArrayList<>();
  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();

  /** A new connection. */
  abstract Discovery open();

  /** Lets time pass until the condition holds; fails if it does not within a minute. */
  abstract void eventually(Callable<Boolean> condition);

  /** Registers a service, says once that it passes, and never again. */
  abstract void addSilent(String name, String id, Duration ttl);

  abstract void remove(String id);

  abstract void maintain(String id);

  abstract void loseData();

  abstract void cut();

  abstract void heal();

  /** Asks the registry, not the library. */
  abstract boolean passes(String service, String id);

  @AfterEach
  void close() {
    heal();
    connections.forEach(Discovery::close);
  }

  private Discovery connect() {
    Discovery discovery = open();
    connections.add(discovery);
    return discovery;
  }

  private static ServiceDefinition.Builder definition(String name) {
    return ServiceDefinition.named(name)
        .id(name + "-1")
        .address("198.18.7.7")
        .port(8080)
        .check(HealthCheck.ttl(Duration.ofSeconds(3)));
  }

  private static List<String> ids(Watch watch) {
    return watch.current().stream()
        .flatMap(now -> now.instances().stream())
        .map(ServiceInstance::id)
        .toList();
  }

  private Watch watch(Discovery discovery, String name) {
    return discovery.watch(ServiceQuery.service(name), snapshots::add);
  }

  @Test
  void aServiceIsSeenByOthersWithAllItSaidOfItself() {
    Watch watch = watch(connect(), "told");
    Registration registration =
        connect()
            .register(
                definition("told").tag("java").tag("two").meta("version", "1.2").weight(7).build());

    eventually(() -> ids(watch).equals(List.of("told-1")));
    eventually(() -> registration.state() == RegistrationState.PASSING);
    ServiceInstance seen = watch.current().orElseThrow().instances().get(0);
    assertThat(seen)
        .isEqualTo(
            ServiceInstance.builder("told", "198.18.7.7", 8080)
                .id("told-1")
                .node(seen.node())
                .tags(List.of("java", "two"))
                .meta(Map.of("version", "1.2"))
                .weight(7)
                .datacenter("dc1")
                .createIndex(seen.createIndex())
                .build());
    assertThat(watch.stale()).isFalse();
  }

  @Test
  void aWatchOfNothingIsToldSo() {
    Watch watch = watch(connect(), "nothing");
    eventually(() -> snapshots.size() == 1);
    assertThat(snapshots.get(0).instances()).isEmpty();
    assertThat(watch.current()).contains(snapshots.get(0));
  }

  @Test
  void awaitingReturnsAsSoonAsThereIsSomething() throws InterruptedException {
    Discovery discovery = connect();
    Registration registration = discovery.register(definition("awaited").build());
    assertThat(registration.awaitPassing(Duration.ofSeconds(20))).isTrue();
    Watch watch = connect().watch("awaited");
    assertThat(watch.awaitFirst(Duration.ofSeconds(20))).isPresent();
    assertThat(watch.awaitFirst(Duration.ZERO)).isEqualTo(watch.current());
    eventually(() -> watch.instances().size() == 1);
    registration.close();
    assertThat(registration.awaitPassing(Duration.ofSeconds(20))).isFalse();
  }

  @Test
  void awaitingEndsWhenTimeIsUp() throws InterruptedException {
    cut();
    Discovery discovery = connect();
    Registration registration = discovery.register(definition("absent").build());
    assertThat(registration.awaitPassing(Duration.ofMillis(50))).isFalse();
    Watch watch = discovery.watch("absent");
    assertThat(watch.awaitFirst(Duration.ofMillis(50))).isEmpty();
    assertThat(watch.instances()).isEmpty();
    watch.close();
    assertThat(watch.awaitFirst(Duration.ofSeconds(20))).isEmpty();
  }

  @Test
  void instancesAreReadOnce() throws InterruptedException {
    Discovery discovery = connect();
    assertThat(discovery.instances("read")).isEmpty();
    Registration registration = discovery.register(definition("read").tag("java").build());
    assertThat(registration.awaitPassing(Duration.ofSeconds(20))).isTrue();
    eventually(() -> discovery.instances("read").size() == 1);
    assertThat(discovery.instances(ServiceQuery.service("read").tag("java"))).hasSize(1);
    assertThat(discovery.instances(ServiceQuery.service("read").tag("other"))).isEmpty();
    cut();
    assertThatThrownBy(() -> discovery.instances("read"))
        .isInstanceOf(ConsulException.class)
        .extracting(e -> ((ConsulException) e).failure().kind())
        .isEqualTo(ConsulFailure.Kind.UNAVAILABLE);
    discovery.close();
    assertThatThrownBy(() -> discovery.instances("read")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aNameIsTheSameInAnotherCase() {
    Watch watch = watch(connect(), "CASED");
    connect().register(definition("cased").build());
    eventually(() -> ids(watch).equals(List.of("cased-1")));
  }

  @Test
  void leavingTakesTheServiceOutForGood() {
    Discovery discovery = connect();
    Watch watch = watch(connect(), "leaver");
    Registration registration = discovery.register(definition("leaver").build());
    eventually(() -> ids(watch).contains("leaver-1"));

    assertThat(registration.leave()).isTrue();
    assertThat(registration.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(passes("leaver", "leaver-1")).isFalse();
    eventually(() -> ids(watch).isEmpty());
    assertThat(registration.leave()).isTrue();

    Registration again = discovery.register(definition("leaver").build());
    eventually(() -> again.state() == RegistrationState.PASSING);
  }

  @Test
  void allOfAConnectionLeave() {
    Discovery discovery = connect();
    assertThat(discovery.leaveAsync().join()).isTrue();
    Registration one = discovery.register(definition("one").build());
    Registration two = discovery.register(definition("two").id("two-1").build());
    eventually(() -> passes("one", "one-1") && passes("two", "two-1"));
    assertThat(discovery.leaveAsync().join()).isTrue();
    assertThat(one.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(two.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(passes("one", "one-1") || passes("two", "two-1")).isFalse();
  }

  @Test
  void anIdIsTakenOnceOnAConnection() {
    Discovery discovery = connect();
    discovery.register(definition("twice").build());
    assertThatThrownBy(() -> discovery.register(definition("twice").build()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("twice-1");
  }

  @Test
  void ofTwoProcessesWithOneIdOneIsListedWhicheverLeaves() {
    Registration first = connect().register(definition("shared").build());
    eventually(() -> first.state() == RegistrationState.PASSING);
    Registration second = connect().register(definition("shared").address("198.18.7.8").build());
    eventually(
        () ->
            second.state() == RegistrationState.PASSING
                && first.state() == RegistrationState.JOINING);

    CompletableFuture<Boolean> left = second.leaveAsync();
    eventually(
        () -> {
          assertThat(passes("shared", "shared-1")).isTrue();
          return first.state() == RegistrationState.PASSING;
        });
    eventually(left::isDone);
    assertThat(left).isCompletedWithValue(true);
    assertThat(passes("shared", "shared-1")).isTrue();
    assertThat(first.leave()).isTrue();
    assertThat(passes("shared", "shared-1")).isFalse();
  }

  @Test
  void aLeaveThatTimedOutDoesNotHitTheNextRegistration() {
    Discovery discovery = connect();
    Registration registration = discovery.register(definition("quick").build());
    eventually(() -> registration.state() == RegistrationState.PASSING);
    cut();
    assertThat(registration.leave()).isFalse();
    Registration next = discovery.register(definition("quick").build());
    heal();
    eventually(() -> next.state() == RegistrationState.PASSING);
    Registration other = discovery.register(definition("after").build());
    eventually(() -> other.state() == RegistrationState.PASSING);
    assertThat(passes("quick", "quick-1")).isTrue();
    assertThat(next.state()).isEqualTo(RegistrationState.PASSING);
  }

  @Test
  void aServiceThatFallsSilentIsNoLongerSeen() {
    Watch watch = watch(connect(), "silent");
    addSilent("silent", "silent-1", Duration.ofSeconds(2));
    eventually(() -> ids(watch).contains("silent-1"));
    eventually(() -> ids(watch).isEmpty());
  }

  @Test
  void aServiceThatSomebodyRemovedIsBackByItsNextHeartbeat() {
    Registration registration = connect().register(definition("removed").build());
    eventually(() -> registration.state() == RegistrationState.PASSING);
    remove("removed-1");
    eventually(() -> passes("removed", "removed-1"));
  }

  @Test
  void maintenanceOfAnEarlierLifeIsCleared() {
    addSilent("again", "again-1", Duration.ofSeconds(30));
    maintain("again-1");
    eventually(() -> !passes("again", "again-1"));
    connect().register(definition("again").build());
    eventually(() -> passes("again", "again-1"));
  }

  @Test
  void aServiceInMaintenanceIsNotSeen() {
    Watch watch = watch(connect(), "maintained");
    connect().register(definition("maintained").build());
    eventually(() -> ids(watch).contains("maintained-1"));
    maintain("maintained-1");
    eventually(() -> ids(watch).isEmpty());
  }

  @Test
  void dataThatIsLostIsToldAgainAndWatchesRecover() {
    Watch watch = watch(connect(), "lost");
    connect().register(definition("lost").build());
    eventually(() -> ids(watch).contains("lost-1"));
    int known = snapshots.size();

    loseData();
    eventually(() -> passes("lost", "lost-1"));
    eventually(() -> !watch.stale() && ids(watch).contains("lost-1"));
    addSilent("lost", "lost-2", Duration.ofSeconds(60));
    eventually(() -> ids(watch).equals(List.of("lost-1", "lost-2")));
    assertThat(snapshots).hasSizeGreaterThan(known);
  }

  @Test
  void throughAnOutageTheLastSnapshotStaysAndAllIsWellAfterIt() {
    Watch watch = watch(connect(), "outage");
    Registration registration = connect().register(definition("outage").build());
    eventually(() -> ids(watch).contains("outage-1"));

    cut();
    eventually(watch::stale);
    eventually(() -> registration.state() == RegistrationState.JOINING);
    assertThat(ids(watch)).containsExactly("outage-1");

    heal();
    eventually(() -> registration.state() == RegistrationState.PASSING);
    eventually(() -> !watch.stale() && ids(watch).contains("outage-1"));
  }

  @Test
  void leavingDuringAnOutageIsBoundedAndNothingRegistersAgain() {
    Registration registration = connect().register(definition("gone").build());
    eventually(() -> registration.state() == RegistrationState.PASSING);

    cut();
    assertThat(registration.leave()).isFalse();
    assertThat(registration.state()).isEqualTo(RegistrationState.LEFT);
    heal();
    eventually(() -> !passes("gone", "gone-1"));
  }

  @Test
  void listenersHearOfChangesOnlyAndLateOnesHearTheLatest() {
    Discovery discovery = connect();
    Watch watch = watch(discovery, "heard");
    eventually(() -> snapshots.size() == 1);
    connect().register(definition("heard").build());
    eventually(() -> ids(watch).contains("heard-1"));
    eventually(() -> snapshots.size() == 2);

    List<Snapshot> late = new CopyOnWriteArrayList<>();
    Watch second = discovery.watch(ServiceQuery.service("heard"), late::add);
    eventually(() -> late.size() == 1);
    assertThat(late).containsExactly(snapshots.get(1));

    addSilent("other", "other-1", Duration.ofSeconds(30));
    eventually(() -> passes("other", "other-1"));
    second.close();
    remove("heard-1");
    eventually(() -> snapshots.size() >= 3);
    assertThat(late).hasSize(1);
  }

  @Test
  void closingAConnectionLeavesWithAllItsRegistrations() {
    Discovery discovery = connect();
    Registration registration = discovery.register(definition("closing").build());
    eventually(() -> passes("closing", "closing-1"));

    discovery.close();
    assertThat(registration.state()).isEqualTo(RegistrationState.LEFT);
    assertThat(passes("closing", "closing-1")).isFalse();
    assertThatThrownBy(() -> discovery.register(definition("closing").build()))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> watch(discovery, "closing")).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aQueryFindsWhatItAsksForAndNoMore() {
    Discovery discovery = connect();
    connect().register(definition("asked").id("asked-1").tag("blue").tag("b").build());
    connect().register(definition("asked").id("asked-2").tag("green").build());
    ServiceQuery asked = ServiceQuery.service("asked");
    Watch blue = discovery.watch(asked.tag("blue"), snapshots::add);
    Watch any = discovery.watch(asked.worst(HealthStatus.CRITICAL), snapshots::add);
    Watch passing = discovery.watch(asked, snapshots::add);
    eventually(() -> ids(any).equals(List.of("asked-1", "asked-2")));
    eventually(() -> ids(blue).equals(List.of("asked-1")));
    eventually(() -> ids(passing).equals(List.of("asked-1", "asked-2")));

    maintain("asked-2");
    eventually(() -> ids(passing).equals(List.of("asked-1")));
    eventually(
        () -> any.current().orElseThrow().instances().get(1).status() == HealthStatus.MAINTENANCE);
    maintain("asked-1");
    eventually(() -> ids(blue).isEmpty());
  }

  @Test
  void theServicesNamesAreSeenWithTheirTagsAsTheyComeAndGo() {
    Watched<CatalogServices> services =
        connect().watchServices(CatalogQuery.services(), found -> {});
    Registration registration =
        connect().register(definition("named").tag("one").tag("two").build());
    eventually(() -> tags(services, "named").equals(List.of("one", "two")));
    registration.leave();
    eventually(() -> tags(services, "named").isEmpty());
  }

  private static List<String> tags(Watched<CatalogServices> services, String name) {
    return services.current().map(now -> now.tags().get(name)).orElse(List.of());
  }

  @Test
  void maintenanceWeightsAndTagsChangeWhileAServiceRuns() {
    Watch watch = watch(connect(), "changing");
    Registration registration = connect().register(definition("changing").tag("old").build());
    eventually(() -> ids(watch).contains("changing-1"));

    registration.tags(List.of("new"));
    registration.weights(9, 1);
    eventually(() -> registration.settled());
    eventually(() -> first(watch).tags().equals(List.of("new")) && first(watch).weight() == 9);

    registration.beginMaintenance("repairs");
    eventually(() -> ids(watch).isEmpty());
    registration.endMaintenance();
    eventually(() -> ids(watch).contains("changing-1"));
  }

  @Test
  void maintenanceThatWasAskedForOutlivesALossOfData() {
    Watch all =
        connect().watch(ServiceQuery.service("kept").worst(HealthStatus.CRITICAL), snapshots::add);
    Registration registration = connect().register(definition("kept").build());
    eventually(() -> ids(all).contains("kept-1"));
    registration.beginMaintenance("repairs");
    eventually(() -> first(all).status() == HealthStatus.MAINTENANCE);

    loseData();
    eventually(() -> !passes("kept", "kept-1"));
    registration.endMaintenance();
    eventually(() -> passes("kept", "kept-1"));
  }

  @Test
  void aServiceThatTheAgentProbesIsSeenWhenItAnswers() {
    Watch watch = watch(connect(), "probed");
    CheckSchedule often = CheckSchedule.every(Duration.ofSeconds(1));
    // In a container the agent itself is there to be probed.
    Registration registration =
        connect()
            .register(
                ServiceDefinition.named("probed")
                    .id("probed-1")
                    .address("127.0.0.1")
                    .port(8500)
                    .check(HealthCheck.tcp().schedule(often))
                    .build());
    eventually(() -> ids(watch).contains("probed-1"));
    eventually(() -> registration.state() == RegistrationState.PASSING);
    assertThat(registration.leave()).isTrue();
    eventually(() -> ids(watch).isEmpty());
  }

  private static ServiceInstance first(Watch watch) {
    return watch.current().orElseThrow().instances().get(0);
  }
}
