package dev.rollcall.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the composition promises of every container, asked of the engine and not of the file. */
@ExtendWith(StackExtension.class)
class ContainerHardeningIT {
  private static final List<String> SERVICES =
      List.of("consul", "haproxy", "lb-renderer", "web-node");

  @BeforeAll
  static void up(Stack stack) {
    stack.up(2);
  }

  @TestFactory
  Stream<DynamicTest> everyContainerIsConfined(Stack stack) {
    return SERVICES.stream()
        .map(service -> DynamicTest.dynamicTest(service, () -> confined(stack, service)));
  }

  private static void confined(Stack stack, String service) {
    assertThat(stack.inspect(service, "{{.Config.User}}")).matches("[1-9][0-9]*:[0-9]+");
    assertThat(stack.inspect(service, "{{.HostConfig.ReadonlyRootfs}}")).isEqualTo("true");
    assertThat(stack.inspect(service, "{{.HostConfig.CapDrop}}")).isEqualTo("[ALL]");
    assertThat(stack.inspect(service, "{{.HostConfig.CapAdd}}")).isEqualTo("[]");
    assertThat(stack.inspect(service, "{{.HostConfig.Privileged}}")).isEqualTo("false");
    assertThat(stack.inspect(service, "{{.HostConfig.SecurityOpt}}"))
        .contains("no-new-privileges:true");
    assertThat(stack.inspect(service, "{{.HostConfig.Memory}}")).isNotEqualTo("0");
    assertThat(stack.inspect(service, "{{.State.Health.Status}}")).isEqualTo("healthy");
  }

  @Test
  void onlyTheSiteIsPublishedOnAllInterfaces(Stack stack) {
    assertThat(hostAddresses(stack, "haproxy", "80/tcp")).contains("0.0.0.0");
    assertThat(hostAddresses(stack, "haproxy", "9000/tcp")).containsOnly("127.0.0.1");
    assertThat(hostAddresses(stack, "consul", "8500/tcp")).containsOnly("127.0.0.1");
    assertThat(hostAddresses(stack, "lb-renderer", "8404/tcp")).containsOnly("127.0.0.1");
    assertThat(stack.inspect("web-node", "{{json .HostConfig.PortBindings}}")).isIn("{}", "null");
  }

  @Test
  void aStoppedNodeEndsByItselfInsideItsGracePeriod(Stack stack) {
    String node = stack.containers("web-node").get(0);

    stack.command("docker", "stop", "-t", "30", node).run().orFail();

    // 0, and not 137 of a kill nor 143 of a death by the signal.
    assertThat(stack.inspectId(node, "{{.State.ExitCode}}")).isEqualTo("0");
    stack.up(2);
  }

  private static List<String> hostAddresses(Stack stack, String service, String port) {
    String format = "{{range (index .NetworkSettings.Ports \"%s\")}}{{.HostIp}} {{end}}";
    return Arrays.asList(stack.inspect(service, format.formatted(port)).split(" "));
  }
}
