package dev.rollcall.lb.consul;

import static dev.rollcall.lb.TestInstances.NODE;
import static dev.rollcall.lb.TestInstances.inHealth;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.HealthStatus;
import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.consul.Pool.InstanceKey;
import dev.rollcall.lb.consul.SelfPreservationRules.Rule;
import dev.rollcall.lb.consul.SelfPreservationRules.UndersizedPoolPolicy;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The preservation's decisions. An answer of Consul's is written as the ids that pass, those that
 * fail with a {@code !}, those in maintenance with a {@code *}, those that the template refuses
 * with a {@code ^}, those whose check has not run yet with a {@code ?}, and a leading {@code ~} if
 * Consul was away before it.
 */
class PoolPreservationTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final UndersizedPoolPolicy HOLD = new UndersizedPoolPolicy.Hold();
  private static final UndersizedPoolPolicy SERVE_503 = new UndersizedPoolPolicy.Serve503();

  private int outages;
  private Set<String> taken = Set.of();
  private Set<InstanceKey> refused = Set.of();
  private Duration now = Duration.ofHours(1);
  private PoolPreservation.State state = PoolPreservation.State.UNKNOWN;
  private PoolPreservation preservation = new PoolPreservation(new Rule(50, GRACE, 1, HOLD));

  private void rule(int shrink, int minServers, UndersizedPoolPolicy policy) {
    preservation = new PoolPreservation(new Rule(shrink, GRACE, minServers, policy));
  }

  private static ServiceInstance instance(String word) {
    HealthStatus status =
        switch (word.charAt(word.length() - 1)) {
          case '!' -> HealthStatus.CRITICAL;
          case '*' -> HealthStatus.MAINTENANCE;
          case '?' -> HealthStatus.UNCHECKED;
          default -> HealthStatus.PASSING;
        };
    return instance(word.substring(0, 1), status);
  }

  private static ServiceInstance instance(String id, HealthStatus status) {
    return at(id, "198.18.0." + (id.charAt(0) - 'a' + 1), status);
  }

  private static ServiceInstance at(String id, String address, HealthStatus status) {
    return inHealth("web", id, address, status);
  }

  private void consulSays(String answer) {
    if (answer.startsWith("~")) {
      outages++;
    }
    List<String> words =
        Stream.of(answer.replace("~", "").split(" ")).filter(word -> !word.isEmpty()).toList();
    refused =
        words.stream()
            .filter(word -> word.endsWith("^"))
            .map(word -> new InstanceKey(word.substring(0, 1), NODE))
            .collect(Collectors.toSet());
    List<ServiceInstance> instances =
        words.stream()
            .map(PoolPreservationTest::instance)
            .sorted(Comparator.comparing(InstanceKey::of)) // as a snapshot has them
            .toList();
    consulSays(instances);
  }

  private void consulSays(List<ServiceInstance> registered) {
    Pool seen = Pool.fromConsul(registered, HealthStatus.PASSING, outages).withRefused(refused);
    state =
        preservation.decide(state, seen, missing -> taken.contains(missing.instance().id()), now);
  }

  private void pass(Duration length) {
    now = now.plus(length);
    state =
        preservation.decide(
            state, state.seen(), missing -> taken.contains(missing.instance().id()), now);
  }

  private String served() {
    return state.servedPool().instances().stream()
        .map(ServiceInstance::id)
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // what Consul said    | what it says now | what is served at once | after the grace time
        "                      | a b              | a b       | a b",
        "a b                   | a b c            | a b c     | a b c",
        // Who deregisters while Consul is there has left, however many do.
        "a b c                 | a b              | a b       | a b",
        "a b c d               | d                | d         | d",
        "a b c d               | e                | e         | e",
        // But a pool is not let become empty at once.
        "a b c                 | ''               | a b c     | ''",
        "a                     | ''               | a         | ''",
        // A few that fail are believed.
        "a b c                 | a b c!           | a b       | a b",
        "a b                   | a b!             | a         | a",
        "a b c d               | a b c! d!        | a b       | a b",
        // Many that fail together are not.
        "a b c d               | a b! c! d!       | a b c d   | a",
        "a b c d               | a! b! c! d!      | a b c d   | a b c d",
        "a                     | a!               | a         | a",
        "a b c d               | a b! c! d! e     | a b c d e | a e",
        // After Consul was away, many that are gone may come again.
        "a b c                 | ~ ''             | a b c     | a b c",
        "a b c                 | ~ a              | a b c     | a",
        "a b c                 | ~ a b            | a b       | a b",
        "a b c                 | ~ c d            | c d       | c d",
        "a b c                 | ~ d              | a b c d   | d",
        "a b c                 | ~ a! b! c!       | a b c     | a b c",
        "a b c                 | ~ a b c d        | a b c d   | a b c d",
        // Maintenance is an order: at once, however many, the last one too.
        "a b c                 | a* b c           | b c       | b c",
        "a b c                 | a* b* c          | c         | c",
        "a b c                 | a* b* c*         | ''        | ''",
        "a                     | a*               | ''        | ''",
        "a b c                 | ~ a* b* c*       | ''        | ''",
        // It is no loss that makes others doubtful, nor does it hide that others fail.
        "a b c d               | a* b* c d!       | c         | c",
        "a b c d               | a* b! c d        | c d       | c d",
        "a b c                 | a* b* c!         | c         | c",
        "a b c d               | a* b! c! d!      | b c d     | b c d",
        "a b                   | ~ a* b           | b         | b",
        "a                     | a* b             | b         | b",
        // A refusal is believed of a few, and empties no pool.
        "a b c                 | a b c^           | a b       | a b",
        "a b c                 | a^ b^ c^         | a b c     | a b c",
        "a b c d               | a b^ c^ d^       | a b c d   | a",
        "a b c d               | a b c^ d!        | a b       | a b",
        "a b c                 | a* b^ c^         | b c       | b c",
        "a b c                 | ~ a^ b c         | b c       | b c",
        // An agent that restarted has not probed yet: none is lost by that.
        "a b c d               | a b c d?         | a b c d   | a b c",
        "a                     | a?               | a         | a",
        "a b c d               | a? b? c d!       | a b c     | c",
        "a b c d               | a b c d? e?      | a b c d   | a b c",
        // Who has never been served is not served now.
        "a                     | a b^             | a         | a",
        "a^                    | a^               | ''        | ''",
        "a^                    | a                | a         | a",
      })
  void acceptsOrRetainsALoss(String before, String after, String atOnce, String later) {
    consulSays(before == null ? "" : before);
    consulSays(after.replace("''", ""));
    assertThat(served()).as("at once").isEqualTo(atOnce);
    pass(GRACE.minusMillis(1));
    assertThat(served()).as("within the grace time").isEqualTo(atOnce);
    pass(Duration.ofMillis(1));
    assertThat(served()).as("after the grace time").isEqualTo(later);
  }

  @Test
  void acceptsSmallLossOfAPoolThatWasOnceTooSmall() {
    consulSays("a b c d e f");
    consulSays("a b c d e f!");
    consulSays("a b c d e! f!");
    consulSays("a b c d! e! f!");
    assertThat(served()).isEqualTo("a b c");
    consulSays("a b c! d! e! f!");
    assertThat(served()).as("more than half within the grace time").isEqualTo("a b c");
    consulSays("a b! c! d! e! f!");
    assertThat(served()).isEqualTo("a b c");
    pass(GRACE);
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void countsALossForTheGraceTimeOnly() {
    consulSays("a b c d");
    consulSays("a b c! d!");
    pass(GRACE);
    consulSays("a b! c! d!");
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void doesNotCountALossThatCameBack() {
    consulSays("a b c d");
    consulSays("a b c! d!");
    consulSays("a b c d");
    consulSays("a! b! c d");
    assertThat(served()).isEqualTo("c d");
  }

  @Test
  void restartOfConsulWithoutItsDataChangesNothing() {
    consulSays("a b c");
    for (String answer : List.of("~", "b!", "b", "b c!", "b c", "b c a!", "b c a")) {
      consulSays(answer);
      assertThat(served()).as("after '%s'", answer).isEqualTo("a b c");
      pass(Duration.ofSeconds(2));
    }
    assertThat(state.retained()).isEmpty();
    assertThat(state.nextDecision()).isEmpty();
  }

  @Test
  void scaleDownFromTwentyToTwoIsAcceptedAtEachStep() {
    List<String> ids =
        IntStream.range(0, 20).mapToObj(i -> String.valueOf((char) ('a' + i))).toList();
    consulSays(String.join(" ", ids));
    for (int left : List.of(19, 14, 8, 2)) {
      consulSays(String.join(" ", ids.subList(0, left)));
      assertThat(state.servedPool().instances()).hasSize(left);
      assertThat(state.retained()).isEmpty();
    }
  }

  @Test
  void retainedInstanceThatDeregistersIsReleasedAfterTheGraceTime() {
    consulSays("a b c");
    consulSays("a b! c!");
    pass(Duration.ofSeconds(20));
    consulSays("a c!");
    assertThat(served()).isEqualTo("a b c");
    pass(Duration.ofSeconds(10));
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void retainsFailingInstancesThatConsulRemovesWhileThePoolIsTooSmall() {
    consulSays("a b");
    consulSays("a! b!");
    pass(Duration.ofMinutes(1));
    consulSays("");
    pass(Duration.ofHours(1));
    assertThat(served()).isEqualTo("a b");
    assertThat(state.nextDecision()).isEmpty();
    consulSays("c");
    assertThat(served()).isEqualTo("c");
  }

  @Test
  void acceptsEmptyPoolAfterTheGraceTimeByPolicy() {
    rule(50, 1, SERVE_503);
    consulSays("a b");
    consulSays("~");
    assertThat(served()).isEqualTo("a b");
    assertThat(state.nextDecision()).contains(now.plus(GRACE));
    pass(GRACE);
    assertThat(served()).isEmpty();
  }

  @Test
  void retainsDeregisteredInstancesWhileThePoolIsBelowItsMinimum() {
    rule(50, 2, HOLD);
    consulSays("a b c");
    consulSays("a");
    assertThat(served()).isEqualTo("a b c");
    consulSays("a d");
    assertThat(served()).as("enough are there again").isEqualTo("a d");
    consulSays("a");
    pass(GRACE);
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void acceptsEmptyPoolAtOnceWithoutMinimum() {
    rule(100, 0, HOLD);
    consulSays("a b");
    consulSays("~");
    assertThat(served()).isEmpty();
  }

  @Test
  void retainsNothingWithoutGraceTime() {
    preservation = new PoolPreservation(new Rule(0, Duration.ZERO, 1, HOLD));
    consulSays("a b");
    consulSays("~");
    assertThat(served()).isEmpty();
    assertThat(state.retained()).isEmpty();
  }

  @Test
  void newInstanceAtTheEndpointOfAMissingOneReplacesIt() {
    consulSays("a b");
    outages++;
    consulSays(List.of(at("z", "198.18.0.1", HealthStatus.PASSING)));
    assertThat(served()).isEqualTo("z");
  }

  @Test
  void instanceThatComesBackElsewhereIsServedThere() {
    consulSays("a b c");
    consulSays("~");
    ServiceInstance moved = at("a", "198.18.0.99", HealthStatus.PASSING);
    consulSays(List.of(moved));
    assertThat(served()).isEqualTo("a b c");
    assertThat(state.servedPool().instances().get(0)).isEqualTo(moved);
  }

  @Test
  void retainedInstanceIsReleasedAtOnceByMaintenance() {
    consulSays("a b c");
    consulSays("a! b! c!");
    consulSays("a* b! c!");
    assertThat(served()).isEqualTo("b c");
    consulSays("a* b* c*");
    assertThat(served()).isEmpty();
    assertThat(state.retained()).isEmpty();

    consulSays("a b c");
    consulSays("~");
    pass(GRACE);
    assertThat(served()).as("lost, and held for want of others").isEqualTo("a b c");
    consulSays("b*");
    assertThat(served()).isEqualTo("a c");
  }

  @Test
  void instanceIsServedAgainWhenItPassesAfterMaintenance() {
    consulSays("a b");
    consulSays("a* b*");
    consulSays("a! b*");
    assertThat(served()).isEmpty();
    consulSays("a b*");
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void maintenanceEndsAnAcceptedLoss() {
    consulSays("a b c d");
    consulSays("a! b! c d");
    consulSays("a* b* c d");
    consulSays("a* b* c! d");
    assertThat(served()).isEqualTo("d");
  }

  @Test
  void instanceInMaintenanceAtTheEndpointOfAMissingOneReplacesIt() {
    consulSays("a b");
    outages++;
    consulSays(List.of(at("z", "198.18.0.1", HealthStatus.MAINTENANCE)));
    assertThat(served()).isEqualTo("b");
  }

  @Test
  void failingInstanceAtTheEndpointOfAMissingOneDoesNotReplaceIt() {
    consulSays("a b");
    outages++;
    consulSays(List.of(at("z", "198.18.0.1", HealthStatus.CRITICAL)));
    assertThat(served()).isEqualTo("a b");
  }

  @Test
  void missingInstanceIsReleasedWhenAnotherServiceTakesItsEndpointOver() {
    consulSays("a b");
    taken = Set.of("a");
    consulSays("a! b!");
    assertThat(served()).isEqualTo("b");

    taken = Set.of();
    consulSays("a b");
    consulSays("a! b!");
    assertThat(served()).isEqualTo("a b");
    taken = Set.of("a", "b");
    consulSays("a! b!");
    assertThat(served()).isEmpty();
    assertThat(state.retained()).isEmpty();
  }

  @Test
  void passingInstanceIsServedWhateverElseIsListedAtItsEndpoint() {
    taken = Set.of("a");
    consulSays("a");
    assertThat(served()).isEqualTo("a");
  }

  @Test
  void uncheckedInstanceIsDecidedWhenItsCheckFails() {
    consulSays("a b c");
    consulSays("a b c?");
    assertThat(served()).isEqualTo("a b c");
    consulSays("a b c!");
    assertThat(served()).isEqualTo("a b");
    consulSays("a b c");
    consulSays("a? b? c?");
    consulSays("a! b! c!");
    assertThat(served()).as("all fail together").isEqualTo("a b c");
    consulSays("a? b? c?");
    consulSays("a b c");
    assertThat(state.retained()).isEmpty();
    consulSays("a b c?");
    consulSays("a b");
    assertThat(served()).as("it deregistered").isEqualTo("a b");
  }

  @Test
  void refusedInstanceIsServedAsItWasRegisteredBefore() {
    consulSays("a");
    ServiceInstance good = state.servedPool().instances().get(0);
    refused = Set.of(InstanceKey.of(good));
    consulSays(List.of(at("a", "nonsense", HealthStatus.PASSING)));
    assertThat(state.servedPool().instances()).containsExactly(good);
    assertThat(state.retained())
        .extracting(RetainedInstance::cause)
        .containsExactly(RetainedInstance.Cause.REFUSED);
    assertThat(state.servedPool().refused()).as("told once, as held").isEmpty();
    consulSays("a!");
    assertThat(state.retained())
        .extracting(RetainedInstance::cause)
        .containsExactly(RetainedInstance.Cause.FAILING);
    consulSays("a^");
    consulSays("");
    pass(GRACE);
    assertThat(served()).as("it deregistered").isEmpty();
  }

  @Test
  void retainedInstanceHasCauseAndTime() {
    consulSays("a b c d");
    consulSays("~ d!");
    assertThat(state.retained())
        .extracting(missing -> missing.instance().id() + " " + missing.cause())
        .containsExactly("a LOST", "b LOST", "c LOST", "d FAILING");
    assertThat(state.retained()).allMatch(missing -> missing.since().equals(now));
  }

  @Test
  void instanceListedOnTheNodeItMovedAwayFromHasNotLeft() {
    consulSays("a b c");
    consulSays("a! b c");
    assertThat(served()).isEqualTo("b c");

    consulSays(List.of(instance("a!"), elsewhere("b", HealthStatus.CRITICAL), instance("c")));
    assertThat(served()).isEqualTo("b c");
    consulSays(List.of(instance("a!"), elsewhere("b", HealthStatus.MAINTENANCE), instance("c")));
    assertThat(served()).isEqualTo("c");
  }

  @Test
  void instanceThatPassesOnAnotherNodeIsNotRetained() {
    consulSays("a b c");
    consulSays("a! b! c");
    assertThat(served()).isEqualTo("a b c");

    consulSays(List.of(instance("a!"), elsewhere("b", HealthStatus.PASSING), instance("c")));

    assertThat(served()).isEqualTo("a b c");
    assertThat(state.retained())
        .extracting(RetainedInstance::key)
        .containsExactly(new InstanceKey("a", NODE));
  }

  private static ServiceInstance elsewhere(String id, HealthStatus status) {
    ServiceInstance here = instance(id, status);
    return ServiceInstance.builder("web", here.address(), 8080)
        .id(id)
        .node("other")
        .status(status)
        .datacenter("dc1")
        .build();
  }
}
