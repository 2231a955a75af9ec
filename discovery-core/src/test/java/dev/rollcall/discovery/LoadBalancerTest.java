package dev.rollcall.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadBalancerTest {

  private static ServiceInstance instance(String id, int weight) {
    return instance(id, weight, "eu-1");
  }

  private static ServiceInstance instance(String id, int weight, String zone) {
    return ServiceInstance.builder("shop", "198.18.0.1", 8080)
        .id(id)
        .weight(weight)
        .meta(Map.of("zone", zone))
        .build();
  }

  private static LoadBalancer randomOfTwo(ToIntFunction<ServiceInstance> load) {
    Random random = new Random(1);
    return new RandomOfTwo(load, random::nextLong);
  }

  private static String turns(LoadBalancer balancer, List<ServiceInstance> instances, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> balancer.choose(instances).map(ServiceInstance::id).orElse("-"))
        .collect(Collectors.joining());
  }

  private static Map<String, Long> counts(
      LoadBalancer balancer, List<ServiceInstance> instances, int count) {
    return turns(balancer, instances, count)
        .chars()
        .mapToObj(Character::toString)
        .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
  }

  @Test
  void withoutInstancesThereIsNoChoice() {
    assertThat(LoadBalancer.roundRobin().choose(List.of())).isEmpty();
    assertThat(LoadBalancer.randomOfTwo(shop -> 0).choose(List.of())).isEmpty();
    assertThat(LoadBalancer.roundRobin().preferring(any -> true).choose(List.of())).isEmpty();
  }

  @Test
  void roundRobinTakesTurns() {
    List<ServiceInstance> shops = List.of(instance("a", 1), instance("b", 1), instance("c", 1));
    assertThat(turns(LoadBalancer.roundRobin(), shops, 7)).isEqualTo("abcabca");
  }

  @Test
  void roundRobinSpreadsAHeavyInstanceOverTheTurns() {
    List<ServiceInstance> shops = List.of(instance("a", 5), instance("b", 1), instance("c", 1));
    assertThat(turns(LoadBalancer.roundRobin(), shops, 14)).isEqualTo("aabacaaaabacaa");
  }

  @Test
  void roundRobinGoesOnWhereItWasWhenAnInstanceJoinsOrLeaves() {
    LoadBalancer balancer = LoadBalancer.roundRobin();
    ServiceInstance a = instance("a", 1);
    ServiceInstance b = instance("b", 1);
    ServiceInstance c = instance("c", 1);
    assertThat(turns(balancer, List.of(a, b), 1)).isEqualTo("a");
    // "a" has had its turn: the next two go to the others.
    assertThat(turns(balancer, List.of(a, b, c), 2)).isEqualTo("bc");
    assertThat(turns(balancer, List.of(a, c), 1)).isEqualTo("a");
  }

  @Test
  void anInstanceOfWeightZeroIsChosenOnlyIfAllAre() {
    List<ServiceInstance> shops = List.of(instance("a", 0), instance("b", 1));
    assertThat(turns(LoadBalancer.roundRobin(), shops, 3)).isEqualTo("bbb");
    assertThat(turns(randomOfTwo(shop -> 0), shops, 3)).isEqualTo("bbb");
    List<ServiceInstance> warned = List.of(instance("a", 0), instance("b", 0));
    assertThat(turns(LoadBalancer.roundRobin(), warned, 3)).isEqualTo("aba");
    assertThat(counts(randomOfTwo(shop -> 0), warned, 100)).containsOnlyKeys("a", "b");
  }

  @Test
  void manyThreadsShareTheTurns() {
    List<ServiceInstance> shops = List.of(instance("a", 1), instance("b", 2));
    LoadBalancer balancer = LoadBalancer.roundRobin();
    Map<String, Long> chosen =
        IntStream.range(0, 3_000)
            .parallel()
            .mapToObj(i -> balancer.choose(shops).orElseThrow().id())
            .collect(Collectors.groupingBy(id -> id, Collectors.counting()));
    assertThat(chosen).isEqualTo(Map.of("a", 1_000L, "b", 2_000L));
  }

  @Test
  void randomOfTwoTakesTheLessLoadedForItsWeight() {
    Map<String, Integer> load = new HashMap<>(Map.of("a", 3, "b", 2));
    LoadBalancer balancer = randomOfTwo(shop -> load.getOrDefault(shop.id(), 0));
    assertThat(turns(balancer, List.of(instance("a", 1), instance("b", 1)), 50))
        .isEqualTo("b".repeat(50));
    // Four calls for weight 4 are less than three for weight 1.
    assertThat(turns(balancer, List.of(instance("a", 4), instance("b", 1)), 50))
        .isEqualTo("a".repeat(50));
  }

  @Test
  void randomOfTwoNeverTakesTheMostLoadedOfThree() {
    LoadBalancer balancer = randomOfTwo(shop -> shop.id().equals("b") ? 10 : 0);
    List<ServiceInstance> shops = List.of(instance("a", 1), instance("b", 1), instance("c", 1));
    Map<String, Long> chosen = counts(balancer, shops, 1_000);
    assertThat(chosen).containsOnlyKeys("a", "c");
    assertThat(chosen.values()).allMatch(count -> count > 300);
  }

  @Test
  void randomOfTwoDrawsEqualInstancesAlike() {
    List<ServiceInstance> shops = List.of(instance("a", 7), instance("b", 7), instance("c", 7));
    assertThat(counts(randomOfTwo(shop -> 0), shops, 3_000).values())
        .hasSize(3)
        .allMatch(count -> count > 900 && count < 1_100);
  }

  @Test
  void thePreferredAreTakenAsLongAsThereIsOne() {
    LoadBalancer balancer =
        LoadBalancer.roundRobin().preferring(shop -> "eu-1".equals(shop.meta().get("zone")));
    ServiceInstance far = instance("f", 1, "us-1");
    List<ServiceInstance> shops = List.of(instance("a", 1), instance("b", 1), far);
    assertThat(turns(balancer, shops, 4)).isEqualTo("abab");
    assertThat(turns(balancer, List.of(far), 2)).isEqualTo("ff");
  }
}
