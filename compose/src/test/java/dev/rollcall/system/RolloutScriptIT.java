package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code compose/tools/lib/rollout.sh} decides: who serves, who goes first, and how many. */
class RolloutScriptIT {
  @TempDir Path directory = Path.of("");

  @Test
  void outdatedNodesGoFirstThenUnhealthyOnesThenTheHighestNumbers() throws Exception {
    Path nodes = directory.resolve("nodes");
    Files.writeString(
        nodes,
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
        """);
    String servers =
        "10.0.0.1 up\n10.0.0.2 up\n10.0.0.3 up\n10.0.0.4 up\n10.0.0.4 down\n10.0.0.5 up\n10.0.0.7 up\n10.0.0.8 up";

    assertThat(shell("classify_nodes new/1 '" + servers + "' <" + nodes))
        .containsExactly(
            "outdated unhealthy p-web-node-9 i",
            "outdated serves p-web-node-8 h",
            "outdated serves p-web-node-7 g",
            "current ended p-web-node-6 f",
            "current unhealthy p-web-node-2 b",
            "current silent p-web-node-5 e",
            "current silent p-web-node-4 d",
            "current serves p-web-node-3 c",
            "current serves p-web-node-1 a");
  }

  @Test
  void noMoreOldNodesGoThanCanBeSpared() {
    String table =
        "outdated unhealthy w-1 a\\noutdated serves w-3 b\\noutdated serves w-2 c\\ncurrent silent w-4 d\\ncurrent serves w-5 e\\ncurrent serves w-6 f";

    assertThat(shell("printf '" + table + "' | removable_nodes 3 2"))
        .containsExactly("outdated unhealthy w-1 a", "outdated serves w-3 b");
    assertThat(shell("printf '" + table + "' | removable_nodes 2 1"))
        .containsExactly("outdated unhealthy w-1 a", "outdated serves w-3 b");
    assertThat(shell("printf '" + table + "' | removable_nodes 4 2"))
        .containsExactly("outdated unhealthy w-1 a");
    assertThat(shell("printf '" + table + "' | removable_nodes 5 2"))
        .containsExactly("outdated unhealthy w-1 a");
  }

  @Test
  void aServerThatWasNotCheckedYetDoesNotCountAsUp() {
    String live =
        "{\"servers\":[{\"backend\":\"web\",\"name\":\"a\",\"endpoint\":\"10.0.0.1:80\",\"state\":\"UP\",\"check\":\"L7OK\"},{\"endpoint\":\"10.0.0.2:80\",\"state\":\"UP"
            + " 1/2\",\"check\":\"* L7TOUT\"},"
            + "{\"endpoint\":\"10.0.0.3:80\",\"state\":\"UP\",\"check\":\"INI\"},{\"endpoint\":\"10.0.0.4:80\",\"state\":\"no"
            + " check\",\"check\":\"\"},"
            + "{\"endpoint\":\"10.0.0.5:80\",\"state\":\"DOWN\",\"check\":\"L4CON\"},"
            + "{\"endpoint\":\"10.0.0.6:80\",\"state\":\"DRAIN\",\"check\":\"L7OK\"}]}";

    assertThat(shell("printf '" + live + "' | server_states"))
        .containsExactly(
            "10.0.0.1 up",
            "10.0.0.2 up",
            "10.0.0.3 down",
            "10.0.0.4 up",
            "10.0.0.5 down",
            "10.0.0.6 down");
  }

  private static List<String> shell(String words) {
    String script = ". compose/tools/lib/rollout.sh; " + words;
    return Command.of("bash", "-euo", "pipefail", "-c", script).run().orFail().lines();
  }
}
