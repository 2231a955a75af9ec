package dev.rollcall.system;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The composed system under a project name and ports of its own, so that a demo which runs on the
 * same machine is left alone. It is driven by {@code compose/up}, {@code compose/down} and {@code
 * docker compose}, as its users drive it.
 */
final class Stack implements AutoCloseable {
  static final Path ROOT = Path.of(Objects.requireNonNull(System.getProperty("rollcall.root")));
  static final String STATS_USER = "tester";
  static final String STATS_PASSWORD = "only-for-this-test";
  private static final String PROJECT = System.getProperty("rollcall.project", "rollcall-test");

  private final String project;
  private final Map<String, String> environment;

  Stack() {
    this(PROJECT);
  }

  /** Another one beside it, with ports of its own too. */
  Stack(String project) {
    this(project, Map.of());
  }

  /** Another one with settings of its own, as {@code compose/.env} may have them. */
  Stack(String project, Map<String, String> settings) {
    this.project = project;
    Map<String, String> all = new HashMap<>(environmentOf(project));
    all.putAll(settings);
    environment = Map.copyOf(all);
  }

  /** The tag of the images of this build. */
  static String builtTag() {
    return Objects.requireNonNullElse(System.getProperty("rollcall.image.tag"), "latest");
  }

  /** What the scripts need to work on a copy of that name, with the images of this build. */
  static Map<String, String> environmentOf(String project) {
    Map<String, String> variables = new HashMap<>();
    variables.put("COMPOSE_PROJECT_NAME", project);
    variables.put("ROLLCALL_TAG", builtTag());
    variables.put("STATS_USER", STATS_USER);
    variables.put("STATS_PASSWORD", STATS_PASSWORD);
    List<String> ports = List.of("HTTP_PORT", "STATS_PORT", "CONSUL_PORT", "STATUS_PORT");
    List<Integer> free = freePorts(ports.size());
    for (int i = 0; i < free.size(); i++) {
      variables.put(ports.get(i), free.get(i).toString());
    }
    return Map.copyOf(variables);
  }

  /** {@code compose/up N} with the images that the build has just made. */
  Command.Finished up(int nodes, String... words) {
    return command("compose/up", String.valueOf(nodes), "--no-build").and(words).run().orFail();
  }

  /** {@code docker compose …} on this stack. */
  Command compose(String... words) {
    return command("docker", "compose", "-f", "compose/compose.yml").and(words);
  }

  Command command(String... words) {
    return Command.of(words).with(environment).within(Duration.ofMinutes(4));
  }

  Site site() {
    return new Site(at("HTTP_PORT", "/"));
  }

  /** The statistics of HAProxy, which want {@link #STATS_USER} and {@link #STATS_PASSWORD}. */
  URI stats() {
    return at("STATS_PORT", "/haproxy_stats");
  }

  /** The statistics as who has the password sees them, at {@code /haproxy_stats}. */
  Site statistics() {
    return new Site(stats(), STATS_USER + ":" + STATS_PASSWORD);
  }

  /** What lb-renderer tells, {@code /status} and the like. */
  Site status() {
    return new Site(at("STATUS_PORT", "/"));
  }

  /** The ids of the instances of {@code web} that Consul calls passing. */
  Set<String> passingInstances() throws IOException {
    HttpResponse<String> answer =
        new Site(consul("/")).get("/v1/health/service/web?passing=true", "application/json");
    if (answer.statusCode() != 200) {
      throw new IOException("Consul answered " + answer.statusCode() + ": " + answer.body());
    }
    Set<String> ids = new TreeSet<>();
    for (JsonElement entry : JsonParser.parseString(answer.body()).getAsJsonArray()) {
      ids.add(entry.getAsJsonObject().getAsJsonObject("Service").get("ID").getAsString());
    }
    return ids;
  }

  /**
   * What runs of these services, and since when: a line a container, the same until one is
   * replaced.
   */
  String runningSince(String... services) {
    StringBuilder all = new StringBuilder();
    for (String service : services) {
      for (String id : containers(service)) {
        all.append(inspectId(id, "{{.Name}} {{.Id}} {{.State.StartedAt}} {{.RestartCount}}\n"));
      }
    }
    return all.toString();
  }

  URI consul(String path) {
    return at("CONSUL_PORT", path);
  }

  /** Where {@code compose/up --secure} keeps its secrets. */
  Path secrets() {
    return ROOT.resolve("compose/secrets").resolve(project);
  }

  /** The ids of all containers, ended ones too. */
  List<String> containers() {
    String label = "label=com.docker.compose.project=" + project;
    return command("docker", "ps", "-aq", "--no-trunc", "--filter", label).run().orFail().lines();
  }

  /** The ids of the service's running containers, in full. */
  List<String> containers(String service) {
    return compose("ps", "-q", service).run().orFail().lines();
  }

  /**
   * The host names that the running web nodes have: the first twelve digits of their container's
   * id.
   */
  Set<String> hostNames() {
    Set<String> names = new TreeSet<>();
    for (String id : containers("web-node")) {
      names.add(id.substring(0, 12));
    }
    return names;
  }

  /** The site, on the level of bytes. */
  RawHttpClient rawSite() {
    return new RawHttpClient(at("HTTP_PORT", "/"));
  }

  /** All that a container has logged. */
  String log(String container) {
    Command.Finished logs = command("docker", "logs", container).run().orFail();
    return logs.out() + logs.err();
  }

  /** {@code docker inspect} of one field, for the service's first container. */
  String inspect(String service, String format) {
    return inspectId(containers(service).get(0), format);
  }

  String inspectId(String container, String format) {
    return command("docker", "inspect", "-f", format, container).output();
  }

  @Override
  public void close() {
    command("compose/down").run().orFail();
  }

  private URI at(String portVariable, String path) {
    return URI.create("http://127.0.0.1:" + environment.get(portVariable) + path);
  }

  /** A port that is free now. */
  static int freePort() {
    return freePorts(1).get(0);
  }

  private static List<Integer> freePorts(int count) {
    if (count == 0) {
      return List.of();
    }
    // Held open while the others are looked for, so that no port is handed out twice.
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Integer> ports = new ArrayList<>(freePorts(count - 1));
      ports.add(socket.getLocalPort());
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
