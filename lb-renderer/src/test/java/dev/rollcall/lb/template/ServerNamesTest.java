package dev.rollcall.lb.template;

import static dev.rollcall.lb.TestInstances.at;
import static dev.rollcall.lb.TestInstances.instance;
import static dev.rollcall.lb.TestInstances.moved;
import static dev.rollcall.lb.TestInstances.onNode;
import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerNamesTest {
  private static final String FULL = "-[0-9a-f]{8}";

  private static ServerNames with(ServerNames names, ServiceInstance... instances) {
    return names.withInstances(Map.of("web", List.of(instances)));
  }

  private static List<String> names(ServerNames names, ServiceInstance... instances) {
    ServerNames all = with(names, instances);
    return List.of(instances).stream().map(all.pool("web")::of).toList();
  }

  private static List<String> names(ServiceInstance... instances) {
    return names(ServerNames.NONE, instances);
  }

  @Test
  void nameIsTheIdIfLegalAndUnique() {
    assertThat(names(instance("web-a1-8080"), instance("Web_B.2")))
        .containsExactly("web-a1-8080", "Web_B.2");
  }

  @Test
  void fullNamesDependOnNothingButTheInstance() {
    ServerNames none = ServerNames.fromConfiguration(ServerNames.Style.FULL, "");
    ServerNames longUp =
        with(
            ServerNames.fromConfiguration(
                ServerNames.Style.FULL, "backend web\n server web 192.0.2.1:80\n"),
            onNode("web", "n1"));
    // The instance has moved to another node: the names remembered would differ.
    List<String> justStarted = names(none, onNode("web", "n2"), onNode("other", "n1"));

    assertThat(names(longUp, onNode("web", "n2"), onNode("other", "n1"))).isEqualTo(justStarted);
    assertThat(justStarted)
        .satisfiesExactly(
            web -> assertThat(web).matches("web" + FULL),
            other -> assertThat(other).matches("other" + FULL));
    assertThat(names(none, onNode("other", "n1"), onNode("web", "n2"), onNode("web", "n1")))
        .containsAll(justStarted);
    assertThat(longUp.knows("web", onNode("web", "n1"))).as("prefers nobody").isFalse();
  }

  @Test
  void sameIdOnTwoNodesGetsTwoNames() {
    List<String> names = names(onNode("web", "n1"), onNode("web", "n2"), onNode("other", "n1"));
    assertThat(names).doesNotHaveDuplicates().contains("other");
    assertThat(names.subList(0, 2)).allMatch(name -> name.matches("web" + FULL));
  }

  @Test
  void namesDoNotDependOnOrder() {
    assertThat(names(onNode("web", "n1"), onNode("web", "n2")))
        .containsExactlyInAnyOrderElementsOf(names(onNode("web", "n2"), onNode("web", "n1")));
  }

  @Test
  void firstInstanceOfAnIdKeepsItsName() {
    ServiceInstance first = onNode("web", "n1");
    ServiceInstance second = onNode("web", "n2");
    ServerNames one = with(ServerNames.NONE, first);
    ServerNames both = with(one, first, second);
    ServerNames secondAlone = with(both, second);
    ServerNames again = with(secondAlone, first, second);

    assertThat(one.pool("web").of(first)).isEqualTo("web");
    for (ServerNames later : List.of(both, again)) {
      assertThat(later.pool("web").of(first)).isEqualTo("web");
    }
    String other = both.pool("web").of(second);
    assertThat(other).matches("web" + FULL);
    assertThat(secondAlone.pool("web").of(second)).isEqualTo(other);
    assertThat(again.pool("web").of(second)).isEqualTo(other);
  }

  @Test
  void nameOfAnAbsentInstanceIsNotReused() {
    ServiceInstance first = onNode("web", "n1");
    ServiceInstance second = onNode("web", "n2");
    ServerNames secondAlone = with(with(with(ServerNames.NONE, first)), second);
    assertThat(secondAlone.pool("web").of(second)).matches("web" + FULL);
    assertThat(names(secondAlone, first, second).get(0)).isEqualTo("web");
  }

  @Test
  void namesDoNotDependOnOtherPools() {
    ServiceInstance one = onNode("web", "n1");
    ServiceInstance other = onNode("web", "n2");
    ServerNames both =
        with(ServerNames.NONE, one)
            .withInstances(Map.of("web", List.of(one), "shop", List.of(other)));
    assertThat(both.pool("web").of(one)).isEqualTo("web");
    assertThat(both.pool("shop").of(other)).isEqualTo("web");
  }

  /** Whatever comes and goes, in whatever order: nobody is renamed, and no two have one name. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void noInstanceIsEverRenamed(long seed) {
    Random random = new Random(seed);
    List<ServiceInstance> all = new ArrayList<>();
    for (String id : List.of("web", "web-1", "a:b", "x".repeat(90))) {
      for (int node = 0; node < 4; node++) {
        all.add(onNode(id, "n" + node));
      }
    }
    Map<ServiceInstance, String> given = new HashMap<>();
    ServerNames names = ServerNames.NONE;
    for (int step = 0; step < 60; step++) {
      List<ServiceInstance> present = all.stream().filter(one -> random.nextInt(3) > 0).toList();
      names = names.withInstances(Map.of("web", present));
      HashSet<String> distinct = new HashSet<>();
      for (ServiceInstance one : present) {
        String name = names.pool("web").of(one);
        assertThat(name).isEqualTo(given.computeIfAbsent(one, fresh -> name));
        assertThat(distinct.add(name)).as(name).isTrue();
        assertThat(SafeText.isServerName(name)).as(name).isTrue();
      }
    }
  }

  /** Two balancers can differ only in who has a plain name. */
  @Test
  void fullNameDoesNotDependOnHistory() {
    ServiceInstance first = onNode("web", "n1");
    ServiceInstance second = onNode("web", "n2");
    String late = with(with(ServerNames.NONE, first), first, second).pool("web").of(second);
    assertThat(names(first, second).get(1)).isEqualTo(late);
  }

  @Test
  void keepsNamesFromTheConfigurationOfAnEarlierRun() {
    ServiceInstance first = placed("web", "n1", 8081);
    ServiceInstance second = placed("web", "n2", 8082);
    ServerNames before = with(with(ServerNames.NONE, first), first, second);
    String other = before.pool("web").of(second);
    ServerNames restarted =
        ServerNames.fromConfiguration(
            "backend b\n  server web 198.18.0.5:8081 check\n  server "
                + other
                + " 198.18.0.5:8082 check\n");

    assertThat(names(restarted, first, second)).containsExactly("web", other);
    assertThat(names(restarted, second, first)).containsExactly(other, "web");
    assertThat(names(restarted, second)).as("the first is away").containsExactly(other);
    assertThat(names(restarted, placed("web", "n1", 9999)))
        .as("it has moved meanwhile, and is alone")
        .containsExactly("web");
  }

  @Test
  void ignoresTextThatIsNotAConfiguration() {
    assertThat(names(ServerNames.fromConfiguration("\u0000 server\nserver web"), instance("web")))
        .containsExactly("web");
  }

  @Test
  void idThatIsTheFullNameOfAnotherGetsItsOwnFullName() {
    ServiceInstance victim = instance("a:b");
    String made = names(victim).get(0);
    ServiceInstance thief = at(made, "198.18.0.9", 80);
    assertThat(names(victim, thief).get(0)).isEqualTo(made);
    assertThat(names(victim, thief).get(1)).matches(made + FULL);
    assertThat(names(with(ServerNames.NONE, thief), victim, thief))
        .as("the thief came first")
        .isEqualTo(names(victim, thief));
  }

  @Test
  void remembersALimitedNumberOfAbsentInstances() {
    ServiceInstance stays = onNode("stays", "n0");
    ServerNames names = with(ServerNames.NONE, stays, onNode("gone", "n1"));
    ServiceInstance[] crowd =
        IntStream.range(0, ServerNames.PoolNames.MOST_ABSENT)
            .mapToObj(i -> onNode("c" + i, "n"))
            .toArray(ServiceInstance[]::new);
    names = with(with(names, crowd), stays, onNode("new", "n2"));
    names = with(names, stays, onNode("newer", "n2"));
    assertThat(names(names, stays, onNode("gone", "n9"))).containsExactly("stays", "gone");
  }

  @Test
  void fullNameHasTheLegalPartOfAnIllegalId() {
    assertThat(names(instance("host:web:8080")))
        .singleElement()
        .asString()
        .matches("host-web-8080" + FULL);
    assertThat(names(instance("_nomad-task-x")))
        .singleElement()
        .asString()
        .matches("nomad-task-x" + FULL);
    assertThat(names(instance("日本"))).singleElement().asString().matches("instance" + FULL);
  }

  @Test
  void nameIsShortHoweverLongTheId() {
    List<String> names = names(instance("x".repeat(5000) + "1"), instance("x".repeat(5000) + "2"));
    assertThat(names).doesNotHaveDuplicates().allMatch(SafeText::isServerName);
  }

  private static ServiceInstance placed(String id, String node, int port) {
    return moved(onNode(id, node), "198.18.0.5", port);
  }
}
