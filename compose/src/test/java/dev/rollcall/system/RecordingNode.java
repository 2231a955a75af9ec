package dev.rollcall.system;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One web node that logs each POST with an id that is delivered to it (web-node's {@code
 * TrialNode}), alone in the pool. Closed, it leaves, and two nodes as they are by default come
 * back.
 */
record RecordingNode(Stack stack, String container) implements AutoCloseable {

  static RecordingNode alone(Stack stack) {
    stack.up(1);
    List<String> lines =
        stack
            .compose("run", "--detach", "--no-deps", "web-node")
            .with(Map.of("ROLLCALL_TAG", Stack.builtTag() + "-trial"))
            .run()
            .orFail()
            .lines();
    RecordingNode node = new RecordingNode(stack, lines.get(lines.size() - 1));
    String host = stack.inspectId(node.container, "{{.Config.Hostname}}");
    stack
        .compose(
            "up", "--detach", "--no-deps", "--no-recreate", "--scale", "web-node=0", "web-node")
        .run()
        .orFail();
    await().atMost(Duration.ofSeconds(60)).until(() -> stack.site().names(5).equals(Set.of(host)));
    return node;
  }

  /** How often each of these arrived, by the node's log. */
  List<Integer> deliveries(List<String> ids) {
    String log = stack.log(container);
    return ids.stream()
        .map(
            id ->
                (int)
                    Pattern.compile("delivered " + Pattern.quote(id) + "$", Pattern.MULTILINE)
                        .matcher(log)
                        .results()
                        .count())
        .toList();
  }

  @Override
  public void close() {
    stack.command("docker", "stop", container).run().orFail();
    stack.command("docker", "rm", container).run().orFail();
    stack.up(2);
  }
}
