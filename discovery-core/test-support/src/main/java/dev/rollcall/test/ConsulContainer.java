package dev.rollcall.test;

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
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.HttpWaitStrategy;

/**
 * A Consul agent at a fixed address of this machine's loopback; in development mode, which keeps
 * nothing across a restart, unless the command says otherwise. Whoever makes one starts and stops
 * it.
 *
 * <p>Requests give the body of the answer, whatever its status, or what went wrong in words: so
 * that a test can wait for an agent that is not there yet.
 */
public final class ConsulContainer extends GenericContainer<ConsulContainer> {

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  private static final Pattern ID = Pattern.compile("\"ServiceID\": *\"([^\"]+)\"");

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  /** In development mode. */
  public ConsulContainer() {
    this("-dev");
  }

  /**
   * In development mode, at a port that was known before.
   *
   * @param port a port that is free
   */
  public ConsulContainer(int port) {
    this(port, "-dev");
  }

  /**
   * With other options.
   *
   * @param options what follows {@code consul agent}
   */
  public ConsulContainer(String... options) {
    this(freePort(), options);
  }

  private ConsulContainer(int port, String... options) {
    super(Images.consul());
    this.port = port;
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
            .withStartupTimeout(Duration.ofMinutes(2)));
  }

  /** {@return a port of the loopback that is free now} */
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port", e);
    }
  }

  /** {@return where it is, without a path; known before it is started} */
  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /**
   * Gives it configuration beside the options; before it is started.
   *
   * @param json as in a file of Consul's
   * @return this
   */
  public ConsulContainer configured(String json) {
    return withEnv("CONSUL_LOCAL_CONFIG", json);
  }

  /** Development mode keeps the catalog in memory, but the agent's own services on disk. */
  public void restartWithoutData() {
    try {
      execInContainer("sh", "-c", "rm -rf /consul/data/*");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    restart();
  }

  /** Kills it and starts it again; returns before it answers. */
  public void restart() {
    getDockerClient().restartContainerCmd(getContainerId()).withTimeout(0).exec();
  }

  /** Kills it. */
  public void kill() {
    getDockerClient().killContainerCmd(getContainerId()).exec();
  }

  /** {@return the address that it has in its network; packets to it vanish while it is cut off} */
  public String networkAddress() {
    return inNetwork().getIpAddress();
  }

  /** {@return the address that this machine has in the same network} */
  public String gateway() {
    return inNetwork().getGateway();
  }

  private ContainerNetwork inNetwork() {
    return getContainerInfo().getNetworkSettings().getNetworks().values().iterator().next();
  }

  /** From now on it takes connections and says nothing. */
  public void pause() {
    getDockerClient().pauseContainerCmd(getContainerId()).exec();
  }

  /** Ends a pause. */
  public void unpause() {
    getDockerClient().unpauseContainerCmd(getContainerId()).exec();
  }

  /**
   * {@return the instances of a service whose checks pass, as Consul tells anyone; {@code []} for
   * none}
   *
   * @param service its name
   */
  public String passing(String service) {
    return get("/v1/health/service/" + service + "?passing");
  }

  /**
   * {@return the ids of all instances of a service, whatever their checks say}
   *
   * @param service its name
   * @throws IllegalStateException if Consul does not say
   */
  public List<String> registered(String service) {
    String answer = get("/v1/catalog/service/" + service);
    if (!answer.startsWith("[")) {
      throw new IllegalStateException("Consul does not list " + service + ": " + answer);
    }
    return ID.matcher(answer).results().map(found -> found.group(1)).toList();
  }

  /**
   * {@return what a GET is answered}
   *
   * @param path of the request, with its query
   */
  public String get(String path) {
    return send(HttpRequest.newBuilder(address().resolve(path)).GET());
  }

  /**
   * {@return what a PUT is answered}
   *
   * @param path of the request, with its query
   * @param body of the request
   */
  public String put(String path, String body) {
    return send(
        HttpRequest.newBuilder(address().resolve(path))
            .PUT(HttpRequest.BodyPublishers.ofString(body)));
  }

  /**
   * {@return what a POST is answered}
   *
   * @param path of the request, with its query
   * @param body of the request
   */
  public String post(String path, String body) {
    return send(
        HttpRequest.newBuilder(address().resolve(path))
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /**
   * {@return what a DELETE is answered}
   *
   * @param path of the request, with its query
   */
  public String delete(String path) {
    return send(HttpRequest.newBuilder(address().resolve(path)).DELETE());
  }

  private String send(HttpRequest.Builder request) {
    try {
      return http.send(request.timeout(ANSWER_LIMIT).build(), HttpResponse.BodyHandlers.ofString())
          .body()
          .strip();
    } catch (IOException e) {
      return e.toString();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
