package dev.rollcall.discovery;

import static org.awaitility.Awaitility.await;

import dev.rollcall.test.ConsulContainer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;

/** A cluster of Consul servers in a network of their own. */
final class ConsulServers implements AutoCloseable {

  private final Network network = network();
  private final int many;
  private final List<ConsulContainer> servers;

  /** A network for containers of a test. */
  static Network network() {
    return Network.builder()
        .createNetworkCmdModifier(
            create ->
                create.withLabels(
                    Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))))
        .build();
  }

  ConsulServers(int many) {
    this.many = many;
    servers = IntStream.rangeClosed(1, many).mapToObj(this::numbered).toList();
  }

  private ConsulContainer numbered(int number) {
    return member("consul-" + number, "-server", "-bootstrap-expect=" + many);
  }

  /** A client agent of the cluster, not started; whoever asks for it stops it. */
  ConsulContainer client() {
    return member("client");
  }

  private ConsulContainer member(String name, String... options) {
    Stream<String> others =
        IntStream.rangeClosed(1, many).mapToObj(other -> "-retry-join=consul-" + other);
    Stream<String> own =
        Stream.concat(Stream.of(options), Stream.of("-node=" + name, "-retry-interval=1s"));
    return new ConsulContainer(Stream.concat(own, others).toArray(String[]::new))
        .configured(
            """
            {"performance":{"raft_multiplier":1},"leave_on_terminate":false,\
            "disable_update_check":true}""")
        .withEnv("CONSUL_BIND_INTERFACE", "eth0")
        .withNetwork(network)
        .withNetworkAliases(name);
  }

  void start() {
    Startables.deepStart(servers).join();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> server(0).get("/v1/status/peers").split(":8300", -1).length == many + 1);
  }

  ConsulContainer server(int index) {
    return servers.get(index);
  }

  /** The server that leads. */
  ConsulContainer leader() {
    return all().filter(this::leads).findFirst().orElseThrow();
  }

  /** One of those that follow. */
  ConsulContainer follower() {
    return all().filter(each -> !leads(each)).findFirst().orElseThrow();
  }

  private boolean leads(ConsulContainer each) {
    return server(0).get("/v1/status/leader").contains('"' + each.networkAddress() + ":");
  }

  private Stream<ConsulContainer> all() {
    return servers.stream();
  }

  /** Packets to and from it vanish. */
  void cutOff(ConsulContainer server) {
    server
        .getDockerClient()
        .disconnectFromNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(server.getContainerId())
        .exec();
  }

  void reconnect(ConsulContainer server) {
    server
        .getDockerClient()
        .connectToNetworkCmd()
        .withNetworkId(network.getId())
        .withContainerId(server.getContainerId())
        .exec();
  }

  @Override
  public void close() {
    servers.forEach(ConsulContainer::stop);
    network.close();
  }
}
