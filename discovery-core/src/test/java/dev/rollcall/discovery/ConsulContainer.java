package dev.rollcall.discovery;

import com.github.dockerjava.api.model.ContainerNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.HttpWaitStrategy;

/**
 * A Consul agent at a fixed address; in development mode, which keeps nothing across a restart,
 * unless the command says otherwise.
 */
final class ConsulContainer extends GenericContainer<ConsulContainer> {

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = freePort();

  ConsulContainer() {
    this("-dev");
  }

  ConsulContainer(String... options) {
    super(TestImages.consul());
    withCommand(
        Stream.concat(Stream.of("agent", "-client", "0.0.0.0"), Stream.of(options))
            .toArray(String[]::new));
    withExposedPorts(8500);
    // The same port after a restart too; Docker would choose another one.
    setPortBindings(List.of("127.0.0.1:" + port + ":8500"));
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
    waitingFor(
        new HttpWaitStrategy()
            .forPath("/v1/status/leader")
            .forPort(8500)
            .forResponsePredicate(leader -> leader.contains(":"))
            .withStartupTimeout(Duration.ofSeconds(60)));
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port", e);
    }
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  ConsulOptions.Builder options() {
    return ConsulOptions.builder().address(address()).waitTime(Duration.ofSeconds(10));
  }

  /** Development mode keeps the catalog in memory, but the agent's own services on disk. */
  void restartWithoutData() {
    try {
      execInContainer("sh", "-c", "rm -rf /consul/data/*");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    restart();
  }

  /** Configuration in JSON, beside the options. */
  ConsulContainer configured(String json) {
    return withEnv("CONSUL_LOCAL_CONFIG", json);
  }

  void restart() {
    getDockerClient().restartContainerCmd(getContainerId()).withTimeout(0).exec();
  }

  void kill() {
    getDockerClient().killContainerCmd(getContainerId()).exec();
  }

  /** The address that it has in its network; packets to it vanish while it is cut off. */
  String networkAddress() {
    return inNetwork().getIpAddress();
  }

  /** The address that this machine has in the same network. */
  String gateway() {
    return inNetwork().getGateway();
  }

  private ContainerNetwork inNetwork() {
    return getContainerInfo().getNetworkSettings().getNetworks().values().iterator().next();
  }

  void pause() {
    getDockerClient().pauseContainerCmd(getContainerId()).exec();
  }

  void unpause() {
    getDockerClient().unpauseContainerCmd(getContainerId()).exec();
  }

  /** The passing instances of a service, as Consul tells anyone; or what went wrong. */
  String passing(String service) {
    return get("/v1/health/service/" + service + "?passing");
  }

  String get(String path) {
    return send(HttpRequest.newBuilder(address().resolve(path)).GET());
  }

  String put(String path, String body) {
    return send(
        HttpRequest.newBuilder(address().resolve(path))
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  String post(String path, String body) {
    return send(
        HttpRequest.newBuilder(address().resolve(path))
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  String delete(String path) {
    return send(HttpRequest.newBuilder(address().resolve(path)).DELETE());
  }

  private String send(HttpRequest.Builder request) {
    try {
      return http.send(
              request.timeout(Duration.ofSeconds(5)).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
