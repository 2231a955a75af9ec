package dev.rollcall.lb;

import com.google.gson.Gson;
import dev.rollcall.discovery.ServiceInstance;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.HttpWaitStrategy;

/** A Consul agent in development mode, at an address that a restart doesn't change. */
final class ConsulContainer extends GenericContainer<ConsulContainer> {
  private static final int PORT = 8500;

  /** The token that may do everything, where ACLs are on. */
  static final String MANAGEMENT = "11111111-2222-3333-4444-555555555550";

  private static final String ACL =
      "acl { enabled = true default_policy = \"deny\" tokens { %s = \"%s\" agent = \"%s\" } }";

  private final HttpClient http = HttpClient.newHttpClient();
  private boolean acl;
  private final String address = "127.0.0.1:" + freePort();

  ConsulContainer() {
    super(TestImages.consul());
    withCommand("agent", "-dev", "-client", "0.0.0.0");
    withExposedPorts(PORT);
    // Where the agent keeps what was registered with it: gone at a restart.
    withTmpFs(Map.of("/consul/data", "uid=100,gid=1000,mode=0700"));
    setPortBindings(List.of(address + ":" + PORT));
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
    waitingFor(
        new HttpWaitStrategy()
            .forPath("/v1/status/leader")
            .forPort(PORT)
            .forResponsePredicate(leader -> leader.contains(":"))
            .withStartupTimeout(Duration.ofSeconds(60)));
  }

  /** Has it refuse whoever has no right; what this class does is done with all rights. */
  ConsulContainer withAcl() {
    acl = true;
    // Before 1.11 the token of that name is called another one.
    String key =
        TestImages.consul().getVersionPart().matches("1\\.([0-9]|10)(\\..*)?")
            ? "master"
            : "initial_management";
    withCommand(
        "agent", "-dev", "-client", "0.0.0.0", "-hcl", ACL.formatted(key, MANAGEMENT, MANAGEMENT));
    return this;
  }

  /** Puts it into a datacenter, which joins another one of the network if that is named. */
  ConsulContainer inDatacenter(String name, Network network, String... joins) {
    List<String> command =
        new ArrayList<>(
            List.of("agent", "-dev", "-client", "0.0.0.0", "-datacenter", name, "-node", name));
    for (String other : joins) {
      command.addAll(List.of("-retry-join-wan", other, "-retry-interval-wan", "1s"));
    }
    withCommand(command.toArray(String[]::new));
    withEnv("CONSUL_BIND_INTERFACE", "eth0");
    withNetwork(network);
    withNetworkAliases(name);
    return this;
  }

  /** Makes a token that may read some services and all nodes. */
  void tokenToRead(String secret, String... services) {
    StringBuilder rules = new StringBuilder("node_prefix \"\" { policy = \"read\" }");
    for (String service : services) {
      rules.append(" service \"" + service + "\" { policy = \"read\" }");
    }
    Map<String, Object> policy = Map.of("Name", "read-" + secret, "Rules", rules.toString());
    put("/v1/acl/policy", new Gson().toJson(policy));
    Map<String, Object> token =
        Map.of("SecretID", secret, "Policies", java.util.List.of(Map.of("Name", "read-" + secret)));
    put("/v1/acl/token", new Gson().toJson(token));
  }

  /** Puts an instance into maintenance, as an operator does. */
  void maintain(String id) {
    put("/v1/agent/service/maintenance/" + id + "?enable=true&reason=work", "");
  }

  /** Makes a key: an HTTP check of {@code /v1/kv/KEY} passes from now on. */
  void store(String key) {
    put("/v1/kv/" + key, "x");
  }

  /** Removes a key. */
  void forget(String key) {
    requireOk(key, send("DELETE", "/v1/kv/" + key, ""));
  }

  /** Puts the node, and with it all that is registered there, into maintenance or out of it. */
  void maintainNode(boolean on) {
    put("/v1/agent/maintenance?enable=" + on + "&reason=work", "");
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException("no free port", e);
    }
  }

  String address() {
    return address;
  }

  /** Registers an instance without a check: it passes. The body is Consul's JSON. */
  void register(String json) {
    put("/v1/agent/service/register", json);
  }

  void registerWeb(String id, String ip) {
    register(
        "{\"Name\": \"web\", \"ID\": \"" + id + "\", \"Address\": \"" + ip + "\", \"Port\": 8080}");
  }

  /**
   * Takes an instance out, if it is there. Agents before 1.11 say 200 if it is not, later ones 404.
   */
  void deregister(String id) {
    String path = "/v1/agent/service/deregister/" + id;
    HttpResponse<String> response = send(path, "");
    if (response.statusCode() != 404) {
      requireOk(path, response);
    }
  }

  void pause() {
    getDockerClient().pauseContainerCmd(getContainerId()).exec();
  }

  void unpause() {
    getDockerClient().unpauseContainerCmd(getContainerId()).exec();
  }

  /** Restarts it, and returns when it has a leader again. */
  void restartWithoutItsData() {
    getDockerClient().restartContainerCmd(getContainerId()).withTimeout(5).exec();
    getWaitStrategy().waitUntilReady(this);
  }

  /** Registers any instance, and returns whether Consul takes it. */
  boolean registers(ServiceInstance instance) {
    Map<String, Object> definition =
        Map.of(
            "Name",
            instance.service(),
            "ID",
            instance.id(),
            "Address",
            instance.address(),
            "Port",
            instance.port(),
            "Tags",
            instance.tags(),
            "Meta",
            instance.meta());
    return send("/v1/agent/service/register", new Gson().toJson(definition)).statusCode() == 200;
  }

  String get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private void put(String path, String body) {
    requireOk(path, send(path, body));
  }

  private static void requireOk(String path, HttpResponse<String> response) {
    if (response.statusCode() != 200) {
      throw new IllegalStateException(path + ": " + response.statusCode() + " " + response.body());
    }
  }

  private HttpResponse<String> send(String path, String body) {
    return send("PUT", path, body);
  }

  private HttpResponse<String> send(String method, String path, String body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(Duration.ofSeconds(10))
            .header("X-Consul-Token", acl ? MANAGEMENT : "")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build();
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
