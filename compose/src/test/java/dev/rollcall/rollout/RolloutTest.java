package dev.rollcall.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.rollout.Rollout.Node;
import dev.rollcall.rollout.Rollout.NodeState;
import dev.rollcall.rollout.Rollout.State;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RolloutTest {
  @Test
  void outdatedNodesGoFirstThenUnhealthyOnesThenTheHighestNumbers() {
    List<Node> nodes =
        """
        a /p-web-node-1 1 running healthy 10.0.0.1 new/1
        b /p-web-node-2 2 running unhealthy 10.0.0.2 new/1
        c /p-web-node-3 3 running healthy 10.0.0.3 new/1
        d /p-web-node-4 4 running healthy 10.0.0.4 new/1
        e /p-web-node-5 5 running starting 10.0.0.5 new/1
        f /p-web-node-6 6 exited healthy - new/1
        g /p-web-node-7 7 running healthy 10.0.0.7 old/1
        h /p-web-node-8 8 running healthy 10.0.0.8 new/2
        i /p-web-node-9 9 restarting healthy - old/1
        """
            .lines()
            .map(Node::of)
            .toList();
    Map<String, Boolean> servers =
        Map.of(
            "10.0.0.1",
            true,
            "10.0.0.2",
            true,
            "10.0.0.3",
            true,
            "10.0.0.4",
            false,
            "10.0.0.5",
            true,
            "10.0.0.7",
            true,
            "10.0.0.8",
            true);

    assertThat(Rollout.states(nodes, "new/1", servers))
        .extracting(RolloutTest::words)
        .containsExactly(
            "outdated UNHEALTHY p-web-node-9 i",
            "outdated SERVES p-web-node-8 h",
            "outdated SERVES p-web-node-7 g",
            "current ENDED p-web-node-6 f",
            "current UNHEALTHY p-web-node-2 b",
            "current SILENT p-web-node-5 e",
            "current SILENT p-web-node-4 d",
            "current SERVES p-web-node-3 c",
            "current SERVES p-web-node-1 a");
  }

  @Test
  void noMoreOldNodesGoThanCanBeSpared() {
    List<NodeState> states =
        List.of(
            state("a", false, State.UNHEALTHY),
            state("b", false, State.SERVES),
            state("c", false, State.SERVES),
            state("d", true, State.SILENT),
            state("e", true, State.SERVES),
            state("f", true, State.SERVES));

    assertThat(removable(states, 3, 2)).containsExactly("a", "b");
    assertThat(removable(states, 2, 1)).containsExactly("a", "b");
    assertThat(removable(states, 4, 2)).containsExactly("a");
    assertThat(removable(states, 5, 2)).containsExactly("a");
  }

  @Test
  void aServerThatWasNotCheckedYetDoesNotCountAsUp() {
    String live =
        """
        {"servers":[{"backend":"web","name":"a","endpoint":"10.0.0.1:80","state":"UP","check":"L7OK"},
        {"endpoint":"10.0.0.2:80","state":"UP 1/2","check":"* L7TOUT"},
        {"endpoint":"10.0.0.3:80","state":"UP","check":"INI"},
        {"endpoint":"10.0.0.4:80","state":"no check","check":""},
        {"endpoint":"10.0.0.5:80","state":"DOWN","check":"L4CON"},
        {"endpoint":"10.0.0.6:80","state":"DRAIN","check":"L7OK"}]}
        """;

    assertThat(Rollout.servers(live))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "10.0.0.1",
                true,
                "10.0.0.2",
                true,
                "10.0.0.3",
                false,
                "10.0.0.4",
                true,
                "10.0.0.5",
                false,
                "10.0.0.6",
                false));
  }

  @Test
  void anAddressIsUpOnlyIfItIsInEveryBackend() {
    String live =
        """
        {"endpoint":"10.0.0.4:80","state":"UP","check":"L7OK"},
        {"endpoint":"10.0.0.4:81","state":"DOWN","check":"L4CON"}
        """;

    assertThat(Rollout.servers(live)).containsExactly(Map.entry("10.0.0.4", false));
  }

  private static List<String> removable(List<NodeState> states, int serving, int most) {
    return Rollout.removable(states, serving, most).stream()
        .map(state -> state.node().id())
        .toList();
  }

  private static NodeState state(String id, boolean current, State state) {
    return new NodeState(new Node(id, "w", 1, "running", "healthy", "-", ""), current, state);
  }

  private static String words(NodeState state) {
    return "%s %s %s %s"
        .formatted(
            state.current() ? "current" : "outdated",
            state.state(),
            state.node().name(),
            state.node().id());
  }
}
