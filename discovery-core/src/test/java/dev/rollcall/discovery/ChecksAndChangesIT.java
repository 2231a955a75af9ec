package dev.rollcall.discovery;

import static dev.rollcall.discovery.TestConsul.optionsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Checks that the agent makes, and changes while a service runs, on a real Consul. */
class ChecksAndChangesIT {

  private static final CheckSchedule OFTEN =
      CheckSchedule.every(Duration.ofSeconds(1)).timeout(Duration.ofSeconds(1));
  private static final ConsulContainer consul = new ConsulContainer();

  private final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();
  private final Discovery discovery = Discovery.connect(optionsOf(consul).build());

  @BeforeAll
  static void start() {
    consul.start();
  }

  @AfterAll
  static void stop() {
    consul.stop();
  }

  @AfterEach
  void close() {
    discovery.close();
  }

  private static ServiceDefinition.Builder named(String name) {
    // The agent itself is the server that is probed, as it can't reach this process.
    return ServiceDefinition.named(name).id(name + "-1").address("127.0.0.1").port(8500);
  }

  private static Optional<ServiceInstance> only(Watch watch) {
    return watch.current().flatMap(now -> now.instances().stream().findFirst());
  }

  private Watch watchPassing(String name) {
    return discovery.watch(ServiceQuery.service(name), snapshots::add);
  }

  @Test
  void anHttpCheckPassesAndFailsWithWhatItAsks() {
    // A key that is there or not, in Consul's store, makes the URL answer 200 or 404.
    Watch watch = watchPassing("http");
    Registration registration =
        discovery.register(
            named("http").check(HealthCheck.http("/v1/kv/healthy?raw").schedule(OFTEN)).build());
    await().until(registration::settled);
    assertThat(only(watch)).isEmpty();
    assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);

    consul.put("/v1/kv/healthy", "yes");
    await().until(() -> only(watch).isPresent());
    await().until(() -> registration.state() == RegistrationState.PASSING);
    consul.delete("/v1/kv/healthy");
    await().until(() -> only(watch).isEmpty());
  }

  @Test
  void theServiceIsAsWellAsTheWorstOfItsChecks() {
    Watch watch =
        discovery.watch(ServiceQuery.service("many").worst(HealthStatus.CRITICAL), snapshots::add);
    discovery.register(
        named("many")
            .checks(
                List.of(
                    HealthCheck.ttl(Duration.ofSeconds(5)),
                    HealthCheck.tcp().schedule(OFTEN),
                    HealthCheck.http("/v1/kv/many?raw").schedule(OFTEN)))
            .build());
    await().until(() -> consul.get("/v1/health/checks/many").split("\"passing\"", -1).length == 3);
    // Whether it has run is not in the catalog yet if its status was critical before, too.
    await()
        .until(
            () ->
                only(watch)
                    .map(ServiceInstance::status)
                    .filter(Set.of(HealthStatus.UNCHECKED, HealthStatus.CRITICAL)::contains)
                    .isPresent());
    assertThat(consul.get("/v1/health/checks/many"))
        .contains("\"rollcall:many-1\"", "\"rollcall:many-1/1\"", "\"rollcall:many-1/2\"");

    consul.put("/v1/kv/many", "yes");
    await()
        .until(
            () ->
                only(watch).map(ServiceInstance::status).equals(Optional.of(HealthStatus.PASSING)));
  }

  @Test
  void aHeartbeatSaysHowTheServiceFindsThatItIs() {
    // So long that only what is reported at once can be seen.
    HealthCheck.Ttl check = HealthCheck.ttl(Duration.ofHours(1));
    AtomicReference<HealthReport> health =
        new AtomicReference<>(HealthReport.critical("no database & no cache"));
    Watch watch =
        discovery.watch(
            ServiceQuery.service("reported").worst(HealthStatus.WARNING), snapshots::add);
    Registration registration =
        discovery.register(named("reported").check(check.reporting(health::get)).build());
    await()
        .until(
            () ->
                consul
                    .get("/v1/agent/checks?filter=ServiceName==reported")
                    .contains("\"no database \\u0026 no cache\""));
    assertThat(only(watch)).isEmpty();
    assertThat(registration.state()).isEqualTo(RegistrationState.JOINING);

    health.set(HealthReport.warning("no cache"));
    registration.reportHealth();
    await()
        .until(
            () ->
                only(watch).map(ServiceInstance::status).equals(Optional.of(HealthStatus.WARNING)));

    health.set(HealthReport.passing());
    registration.reportHealth();
    await().until(() -> registration.state() == RegistrationState.PASSING);
    await()
        .until(
            () ->
                only(watch).map(ServiceInstance::status).equals(Optional.of(HealthStatus.PASSING)));
  }

  @Test
  void aGrpcCheckIsTakenAndFailsWhereNobodySpeaksGrpc() {
    discovery.register(named("grpc").check(HealthCheck.grpc().schedule(OFTEN)).build());
    await().until(() -> consul.get("/v1/health/checks/grpc").contains("\"grpc\""));
    await()
        .until(() -> consul.get("/v1/agent/checks?filter=ServiceName==grpc").contains("rpc error"));
    assertThat(consul.passing("grpc")).isEqualToIgnoringWhitespace("[]");
  }

  @Test
  void aServiceWithoutHeartbeatThatSomebodyRemovedIsBackWithinHalfAMinute() {
    discovery.register(named("probed").check(HealthCheck.tcp().schedule(OFTEN)).build());
    await().until(() -> consul.passing("probed").contains("probed-1"));

    consul.put("/v1/agent/service/deregister/probed-1", "");
    await()
        .atMost(Duration.ofSeconds(40))
        .until(() -> consul.passing("probed").contains("probed-1"));
  }

  @Test
  void weightsAndTagsChangeWithoutAMomentOfAbsence() {
    Watch watch = watchPassing("changing");
    Registration registration =
        discovery.register(
            named("changing")
                .checks(
                    List.of(
                        HealthCheck.ttl(Duration.ofSeconds(5)), HealthCheck.tcp().schedule(OFTEN)))
                .build());
    await().until(() -> only(watch).isPresent());
    int known = snapshots.size();

    registration.weights(9, 4);
    await().until(() -> only(watch).map(ServiceInstance::weight).equals(Optional.of(9)));
    registration.tags(List.of("blue", "green"));
    await()
        .until(
            () ->
                only(watch)
                    .map(ServiceInstance::tags)
                    .equals(Optional.of(List.of("blue", "green"))));
    assertThat(registration.settled()).isTrue();
    assertThat(only(watch).orElseThrow().weight()).isEqualTo(9);
    assertThat(snapshots.subList(known, snapshots.size()))
        .as("it was there all the time")
        .allSatisfy(snapshot -> assertThat(snapshot.instances()).hasSize(1));
  }

  @Test
  void theChecksOfTwoServicesWhoseIdsLookAlikeAreFour() {
    for (String id : List.of("alike", "alike:1")) {
      discovery.register(
          ServiceDefinition.named("alike")
              .id(id)
              .address("127.0.0.1")
              .port(id.equals("alike") ? 1 : 8500) // Nobody listens at the first.
              .checks(
                  List.of(
                      HealthCheck.tcp().schedule(OFTEN), HealthCheck.ttl(Duration.ofSeconds(9))))
              .build());
    }
    Watch passing = watchPassing("alike");
    await().until(() -> only(passing).map(ServiceInstance::id).equals(Optional.of("alike:1")));
    await().until(() -> consul.get("/v1/health/checks/alike").split("CheckID", -1).length == 4 + 1);
    assertThat(passing.current().orElseThrow().instances()).hasSize(1);
  }

  @Test
  void theChecksOfAnEarlierVersionAreReplaced() {
    consul.put(
        "/v1/agent/service/register",
        """
        {"ID":"upgraded-1","Name":"upgraded","Port":8500,"Address":"127.0.0.1","Checks":[
         {"CheckID":"service:upgraded-1","TTL":"30s","Status":"passing"},
         {"CheckID":"service:upgraded-1:1","TCP":"127.0.0.1:1","Interval":"1s"}]}\
        """);
    Watch passing = watchPassing("upgraded");
    discovery.register(named("upgraded").check(HealthCheck.ttl(Duration.ofSeconds(9))).build());
    await().until(() -> only(passing).isPresent());
    await()
        .until(() -> consul.get("/v1/health/checks/upgraded").split("CheckID", -1).length == 1 + 1);
    assertThat(consul.get("/v1/health/checks/upgraded")).contains("\"rollcall:upgraded-1\"");
  }

  @Test
  void theWarningWeightCountsWhileACheckWarns() {
    Watch watch =
        discovery.watch(ServiceQuery.service("warned").worst(HealthStatus.WARNING), snapshots::add);
    discovery.register(
        named("warned").weights(9, 4).check(HealthCheck.ttl(Duration.ofHours(1))).build());
    await().until(() -> only(watch).map(ServiceInstance::weight).equals(Optional.of(9)));
    consul.put("/v1/agent/check/warn/rollcall:warned-1", "");
    await().until(() -> only(watch).map(ServiceInstance::weight).equals(Optional.of(4)));
    assertThat(only(watch).orElseThrow().status()).isEqualTo(HealthStatus.WARNING);
  }

  @Test
  void maintenanceTakesItOutUntilItEndsThroughChangesAndALossOfTheService() {
    Watch passing = watchPassing("maintained");
    Watch all =
        discovery.watch(
            ServiceQuery.service("maintained").worst(HealthStatus.MAINTENANCE), snapshot -> {});
    Registration registration =
        discovery.register(
            named("maintained").check(HealthCheck.ttl(Duration.ofSeconds(3))).build());
    await().until(() -> only(passing).isPresent());

    registration.beginMaintenance("a new disk & more");
    await().until(() -> only(passing).isEmpty());
    await()
        .until(
            () ->
                only(all)
                    .map(ServiceInstance::status)
                    .equals(Optional.of(HealthStatus.MAINTENANCE)));
    assertThat(consul.get("/v1/health/checks/maintained")).contains("a new disk \\u0026 more");
    int known = snapshots.size();

    registration.beginMaintenance("more memory");
    await().until(() -> consul.get("/v1/health/checks/maintained").contains("more memory"));
    registration.weights(5, 1);
    await().until(() -> only(all).map(ServiceInstance::weight).equals(Optional.of(5)));
    consul.put("/v1/agent/service/deregister/maintained-1", "");
    await().until(() -> only(all).isEmpty());
    await()
        .until(
            () ->
                consul.get("/v1/health/checks/maintained").contains("_service_maintenance")
                    && consul.get("/v1/health/checks/maintained").contains("\"passing\""));
    assertThat(snapshots).as("never passing in between").hasSize(known);

    registration.endMaintenance();
    await().until(() -> only(passing).map(ServiceInstance::weight).equals(Optional.of(5)));
  }
}
