package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A service of an overlay, whose containers are in the same pool as the web nodes.
 *
 * @param stack what it is beside
 * @param name of the service; its overlay is {@code compose/NAME.yml}
 */
record OtherService(Stack stack, String name) {
  private static final Duration SOON = Duration.ofMinutes(4);

  /** {@code docker compose} with the overlay. */
  Command compose(String... words) {
    return stack.compose("-f", "compose/" + name + ".yml").and(words);
  }

  /** So many containers; those that run stay. */
  void scale(int containers) {
    compose("up", "-d", "--no-deps", "--no-recreate", "--scale", name + "=" + containers, name)
        .run()
        .orFail();
  }

  /** The ids of its containers that run. */
  List<String> containers() {
    return compose("ps", "-q", name).run().orFail().lines();
  }

  /** Waits until exactly the web nodes and its containers answer, which are so many. */
  void awaitAnswers(int all) {
    Set<String> names = new TreeSet<>(stack.hostNames());
    for (String id : containers()) {
      names.add(id.substring(0, 12));
    }
    assertThat(names).hasSize(all);
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(stack.site().names(3 * all)).isEqualTo(names));
  }

  /** Takes its containers away. */
  void remove() {
    compose("rm", "--stop", "--force", name).run().orFail();
  }
}
