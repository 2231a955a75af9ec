package dev.rollcall.discovery.spring;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.HttpWaitStrategy;
import org.testcontainers.utility.DockerImageName;

/** A real Consul agent in development mode, at an address that holds across restarts. */
final class ConsulContainer extends GenericContainer<ConsulContainer> {

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port = freePort();

  ConsulContainer() {
    super(image());
    withCommand("agent", "-dev", "-client", "0.0.0.0");
    withExposedPorts(8500);
    setPortBindings(List.of("127.0.0.1:" + port + ":8500"));
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
    waitingFor(
        new HttpWaitStrategy()
            .forPath("/v1/status/leader")
            .forPort(8500)
            .forResponsePredicate(leader -> leader.contains(":"))
            .withStartupTimeout(Duration.ofMinutes(2)));
  }

  /** What {@code CONSUL_IMAGE} names, else what {@code compose.yml} pins. */
  private static DockerImageName image() {
    String named = System.getenv("CONSUL_IMAGE");
    if (named != null && !named.isBlank()) {
      return DockerImageName.parse(named);
    }
    Path file = Path.of("../../compose/compose.yml");
    try {
      Matcher pin = Pattern.compile("\\$\\{CONSUL_IMAGE:-(.+?)}").matcher(Files.readString(file));
      if (!pin.find()) {
        throw new IllegalStateException(file + " pins no CONSUL_IMAGE");
      }
      return DockerImageName.parse(pin.group(1));
    } catch (IOException e) {
      throw new IllegalStateException("cannot read " + file, e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port", e);
    }
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  /** Development mode keeps the catalog in memory, but the agent's own services on disk. */
  void restartWithoutData() {
    try {
      execInContainer("sh", "-c", "rm -rf /consul/data/*");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("cannot remove Consul's data", e);
    }
    getDockerClient().restartContainerCmd(getContainerId()).withTimeout(0).exec();
  }

  /** The passing instances of a service as Consul tells anyone, {@code []} for none. */
  String passing(String service) {
    return get("/v1/health/service/" + service + "?passing");
  }

  /** All instances of a service, {@code []} for none; or what went wrong. */
  String registered(String service) {
    return get("/v1/catalog/service/" + service);
  }

  private String get(String path) {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(address() + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              BodyHandlers.ofString())
          .body()
          .strip();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
