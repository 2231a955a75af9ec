package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rollcall.discovery.ServiceInstance;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * A site in containers: a Consul, and a load balancer that asks it, which is started by the test.
 * The instances are ports of another HAProxy beside it.
 */
final class ContainerSite implements AutoCloseable {
  /** Where the balancer serves plain HTTP. */
  static final int PLAIN = 8080;

  private static final int STATUS = 8404;
  private static final int ANSWER_LIMIT_MS = 10_000;

  /** Each port answers with its number. */
  private static final String INSTANCES =
      """
      defaults
        mode http
        timeout client 30s
      frontend instances
        bind 127.0.0.1:9101-9120
        http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  private static final String RENDERER =
      "exec java -Xmx160m -XX:TieredStopAtLevel=1 -jar /lb-renderer.jar"
          + " --haproxy \"$(command -v haproxy)\" --allow-loopback yes --listen 0.0.0.0:8404"
          + " --consul http://consul:8500 --min-servers 0 ";

  private final Network network = Network.newNetwork();
  private final ConsulContainer consul = new ConsulContainer();
  private final GenericContainer<?> balancer;

  /**
   * Starts the Consul.
   *
   * @param image HAProxy and Java
   * @param preparations shell commands that are run before anything else in the balancer's
   *     container
   * @param options of lb-renderer, as a shell takes them
   * @param port that the balancer serves, beside {@link #PLAIN}
   */
  ContainerSite(String image, List<String> preparations, String options, int port) {
    String script =
        Stream.concat(
                preparations.stream(),
                Stream.of("haproxy -D -f /instances.cfg", RENDERER + options))
            .collect(Collectors.joining(" && "));
    consul.withNetwork(network).withNetworkAliases("consul");
    consul.start();
    balancer =
        new GenericContainer<>(DockerImageName.parse(image))
            .withNetwork(network)
            .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
            .withCopyFileToContainer(
                MountableFile.forHostPath(Path.of("target/lb-renderer.jar"), 0644),
                "/lb-renderer.jar")
            .withCopyToContainer(Transferable.of(INSTANCES), "/instances.cfg")
            .withEnv("LB_SITE_PORT", String.valueOf(PLAIN))
            .withCreateContainerCmdModifier(
                command -> command.withEntrypoint("/bin/sh", "-c", script))
            .withExposedPorts(STATUS, PLAIN, port)
            .waitingFor(
                Wait.forHttp("/readyz").forPort(STATUS).withStartupTimeout(Duration.ofMinutes(2)));
  }

  /** Gives the balancer a template of {@code compose/templates}, in its root directory. */
  ContainerSite withTemplate(String name) {
    balancer.withCopyFileToContainer(
        MountableFile.forHostPath(Path.of("../compose/templates", name), 0644), "/" + name);
    return this;
  }

  GenericContainer<?> balancer() {
    return balancer;
  }

  /** Registers an instance, whose id is that of the service and the port: {@code web-9101}. */
  void register(String service, int port, Map<String, String> meta, String... tags) {
    assertThat(
            consul.registers(
                ServiceInstance.builder(service, "127.0.0.1", port)
                    .id(service + "-" + port)
                    .meta(meta)
                    .tags(List.of(tags))
                    .build()))
        .isTrue();
  }

  ConsulContainer consul() {
    return consul;
  }

  /** What a client says that asks once. */
  static String request(String host, String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  }

  /** All that a port answers. */
  String exchange(int port, String request) throws IOException {
    try (Socket socket = new Socket(balancer.getHost(), balancer.getMappedPort(port))) {
      return exchange(socket, request);
    }
  }

  /** All that comes back until the other side closes. */
  static String exchange(Socket socket, String request) throws IOException {
    socket.setSoTimeout(ANSWER_LIMIT_MS);
    InputStream in = socket.getInputStream();
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** The status code and the body of an answer. */
  static String codeAndBody(String answer) {
    String[] parts = answer.split("\r\n\r\n", 2);
    return parts.length < 2 ? "no answer" : parts[0].substring(9, 12) + " " + parts[1].strip();
  }

  /** What lb-renderer says at {@code /status}. */
  String status() throws IOException {
    String answer = exchange(STATUS, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return answer.substring(answer.indexOf("\r\n\r\n"));
  }

  @Override
  public void close() {
    balancer.stop();
    consul.stop();
    network.close();
  }
}
