package dev.rollcall.web;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;

/** A real Consul agent in development mode, reached at the loopback only. */
final class ConsulContainer implements AutoCloseable {

  private static final Pattern ID = Pattern.compile("\"ServiceID\":\"([^\"]+)\"");

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final GenericContainer<?> container;

  /** On any free port. */
  ConsulContainer() {
    this("");
  }

  /** On the given port, so that a node can know the address before Consul is there. */
  ConsulContainer(int port) {
    this(Integer.toString(port));
  }

  private ConsulContainer(String hostPort) {
    container =
        new GenericContainer<>(TestImages.consul())
            .withCommand("agent", "-dev", "-client", "0.0.0.0")
            .withExposedPorts(8500)
            .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
            .waitingFor(
                Wait.forHttp("/v1/status/leader")
                    .forResponsePredicate(leader -> leader.contains(":8300"))
                    .withStartupTimeout(Duration.ofMinutes(2)));
    container.setPortBindings(List.of("127.0.0.1:" + hostPort + ":8500"));
    container.start();
  }

  /** What a node's {@code CONSUL_HTTP_ADDR} is. */
  String address() {
    return "127.0.0.1:" + container.getMappedPort(8500);
  }

  /** What Consul holds of the service's instances with passing checks: JSON without spaces. */
  String passing(String service) {
    return ask("/v1/health/service/" + service + "?passing=1");
  }

  /** The ids of all that is registered under the name, whatever its checks say. */
  List<String> registered(String service) {
    return ID.matcher(ask("/v1/catalog/service/" + service))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /** From now on it takes connections and says nothing. */
  void freeze() {
    DockerClientFactory.instance().client().pauseContainerCmd(container.getContainerId()).exec();
  }

  private String ask(String path) {
    try {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + address() + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              BodyHandlers.ofString())
          .body()
          .replaceAll("\\s+", "");
    } catch (Exception e) {
      throw new AssertionError("Consul does not answer " + path, e);
    }
  }

  @Override
  public void close() {
    container.stop();
  }
}
