package dev.rollcall.measure.swarm;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.MeasurementRun;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code compose/stack.yml} on three machines, as {@code compose/swarm} makes them: how they are
 * asked, changed, broken and taken away. Thread-safe.
 */
final class SwarmSystem {
  static final List<Integer> MACHINES = List.of(1, 2, 3);
  static final String NODES = "rollcall_web-node";

  private static final String NET = MeasurementRun.environment("SWARM_NET");
  private static final Path DISKS = Path.of("/var/lib/rollcall/swarm-" + NET);
  private static final Duration START_LIMIT = Duration.ofMinutes(8);
  private static final Duration ASK_LIMIT = Duration.ofSeconds(10);

  private final MeasurementRun session;
  private final Map<Integer, String> statusAddresses = new ConcurrentHashMap<>();

  private SwarmSystem(MeasurementRun session) {
    this.session = session;
  }

  /**
   * Prepares this machine and starts the system, in turn with other runs of the same script; it is
   * taken away at the end of the session.
   */
  static SwarmSystem start(MeasurementRun session, boolean build) {
    session.prepare(Map.of(), List.of("images"));
    session.lock("measure-swarm");
    List<String> needs = new ArrayList<>(List.of("images", "jmeter"));
    if (build) {
      needs.addAll(List.of("build", "trial"));
    }
    session.prepare(Map.of(), needs);
    SwarmSystem system = new SwarmSystem(session);
    session.atEnd(() -> system.swarm("down"));
    String tag = MeasurementRun.environment("ROLLCALL_TAG", "latest");
    session.step(
        "three machines and the stack",
        () -> {
          CommandRunner commands =
              session
                  .commands()
                  .within(START_LIMIT)
                  .with(Map.of("WEB_NODE_IMAGE", "rollcall/web-node:" + tag + "-trial"));
          if (!commands.run(script(session), "up", "3", "--no-build")) {
            throw new ExitException(
                ExitException.NOT_STARTED, "the system does not start; see " + session.log());
          }
        });
    return system;
  }

  private static String script(MeasurementRun session) {
    return session.compose().resolve("swarm").toString();
  }

  MeasurementRun session() {
    return session;
  }

  /** {@code compose/swarm} with these words. */
  boolean swarm(String... words) {
    List<String> all = new ArrayList<>(List.of(script(session)));
    all.addAll(Arrays.asList(words));
    return session.commands().run(all);
  }

  /** {@code docker} with these words on that machine, as a command line. */
  static List<String> docker(int machine, String... words) {
    String socket = "unix://" + DISKS.resolve(machine + "/docker.sock");
    List<String> all = new ArrayList<>(List.of("docker", "-H", socket));
    all.addAll(Arrays.asList(words));
    return all;
  }

  /**
   * True if Swarm has done all that it was told to do with the service. The state of an update
   * stays that of an earlier one, or empty, when there was no task to replace.
   */
  boolean isUpdated(int machine, String service) {
    String state =
        ask(
            machine,
            "service",
            "inspect",
            "-f",
            "{{with .UpdateStatus}}{{.State}}{{end}}",
            service);
    String allRun = Pattern.quote(service) + " (\\d+)/\\1( .*)?";
    return (state.isEmpty() || state.equals("completed"))
        && ask(machine, "service", "ls", "--format", "{{.Name}} {{.Replicas}}")
            .lines()
            .anyMatch(line -> line.matches(allRun));
  }

  /** Gives each machine an image that this one has. */
  void load(String image) {
    for (int machine : MACHINES) {
      List<String> load = docker(machine, "load", "-q");
      session
          .commands()
          .within(START_LIMIT)
          .runOrFail(
              List.of("bash", "-c", "docker save \"$0\" | " + String.join(" ", load), image));
    }
  }

  /** All nodes are replaced: Swarm moves nothing that runs to a machine that was taken back. */
  void spread() {
    session
        .commands()
        .within(START_LIMIT)
        .runOrFail(
            docker(
                1,
                "service",
                "update",
                "--detach=false",
                "--quiet",
                "--update-parallelism",
                "3",
                "--force",
                NODES));
  }

  /** What it prints; an empty text if it fails. */
  private String ask(int machine, String... words) {
    List<String> command = docker(machine, words);
    return session.commands().within(ASK_LIMIT).read(command.toArray(String[]::new));
  }

  static String host(int machine) {
    return NET + ".1" + machine;
  }

  /** What runs as this service on that machine; an empty text if nothing does. */
  String container(int machine, String service) {
    return ask(machine, "ps", "-q", "--filter", "name=rollcall_" + service + "[.]")
        .lines()
        .findFirst()
        .orElse("");
  }

  /** The instances that the nodes on these machines register. */
  Set<String> instances(List<Integer> machines) {
    Set<String> ids = new TreeSet<>();
    for (int machine : machines) {
      ask(machine, "ps", "--filter", "name=" + NODES + "[.]", "--format", "{{.ID}}")
          .lines()
          .forEach(id -> ids.add("web-" + id + "-8080"));
    }
    return ids;
  }

  /** The images of the nodes on these machines. */
  Set<String> images(List<Integer> machines) {
    Set<String> images = new TreeSet<>();
    for (int machine : machines) {
      ask(machine, "ps", "--filter", "name=" + NODES + "[.]", "--format", "{{.Image}}")
          .lines()
          .forEach(images::add);
    }
    return images;
  }

  /** The servers that the machine's HAProxy calls up, by lb-renderer's word; none if it is mute. */
  Set<String> up(int machine) {
    Set<String> up = new TreeSet<>();
    collectUp(json(status(machine, "/live")), up);
    return up;
  }

  private static void collectUp(JsonElement element, Set<String> up) {
    if (element.isJsonArray()) {
      element.getAsJsonArray().forEach(each -> collectUp(each, up));
    } else if (element.isJsonObject()) {
      JsonObject object = element.getAsJsonObject();
      if (object.has("name") && object.has("state") && object.get("state").isJsonPrimitive()) {
        if (object.get("state").getAsString().startsWith("UP")) { // or UP 1/2, by its checks
          up.add(instance(object.get("name").getAsString()));
        }
      }
      object.entrySet().forEach(each -> collectUp(each.getValue(), up));
    }
  }

  /** The instance's id: a server has a longer name while two agents list the id. */
  private static String instance(String server) {
    return server.replaceFirst("^(web-[0-9a-f]{12}-8080)-[0-9a-f]+$", "$1");
  }

  /** HAProxy's pool on that machine is exactly what runs on these. */
  boolean poolIsRight(int machine, List<Integer> alive) {
    Set<String> wanted = instances(alive);
    return !wanted.isEmpty() && up(machine).equals(wanted);
  }

  /** True if lb-renderer on that machine says that something is wrong. */
  boolean isDegraded(int machine) {
    JsonElement status = json(status(machine, "/status"));
    return status.isJsonObject()
        && status.getAsJsonObject().has("degraded")
        && status.getAsJsonObject().get("degraded").getAsBoolean();
  }

  /** HAProxy's reloads by that lb-renderer's count; -1 if it does not tell. */
  long reloads(int machine) {
    JsonElement status = json(status(machine, "/status"));
    return status.isJsonObject() && status.getAsJsonObject().has("haproxy")
        ? status.getAsJsonObject().getAsJsonObject("haproxy").get("reloads").getAsLong()
        : -1;
  }

  /** What lb-renderer on that machine answers, asked on its own machine. */
  private String status(int machine, String path) {
    String address = statusAddresses.computeIfAbsent(machine, this::statusAddress);
    String body = address.isEmpty() ? "" : curl(machine, "http://" + address + ":8404" + path);
    if (body.isEmpty()) {
      statusAddresses.remove(machine); // it may be another container by now
    }
    return body;
  }

  /** Where the machine reaches its lb-renderer: on the bridge by which containers leave it. */
  private String statusAddress(int machine) {
    String id = container(machine, "lb-renderer");
    if (id.isEmpty()) {
      return "";
    }
    String sandbox = ask(machine, "inspect", "-f", "{{.NetworkSettings.SandboxID}}", id);
    if (sandbox.length() < 12) {
      return "";
    }
    String format = "{{range .Containers}}{{.Name}} {{.IPv4Address}}\n{{end}}";
    return ask(machine, "network", "inspect", "-f", format, "docker_gwbridge")
        .lines()
        .filter(line -> line.startsWith("gateway_" + sandbox.substring(0, 12) + " "))
        .map(line -> line.replaceFirst(".* ", "").replaceFirst("/.*", ""))
        .findFirst()
        .orElse("");
  }

  /** The answer of an address as it is reached from that machine; an empty text without one. */
  String curl(int machine, String address) {
    String pid;
    try {
      pid = Files.readString(DISKS.resolve(machine + "/pid")).strip();
    } catch (IOException dead) {
      return "";
    }
    return session
        .commands()
        .read("nsenter", "--net=/proc/" + pid + "/ns/net", "curl", "-sf", "-m", "2", address);
  }

  // Consul

  private String consul(int machine, String... words) {
    String id = container(machine, "consul-agent");
    List<String> all = new ArrayList<>(List.of("exec", id));
    all.addAll(Arrays.asList(words));
    return id.isEmpty() ? "" : ask(machine, all.toArray(String[]::new));
  }

  private Stream<String> peers(int machine) {
    return consul(machine, "consul", "operator", "raft", "list-peers").lines();
  }

  /** The machine of Consul's leader, as that machine's agent is told; 0 if there is none. */
  int leader(int machine) {
    return peers(machine)
        .filter(line -> line.contains(" leader "))
        .map(line -> Integer.parseInt(line.replaceFirst("consul-machine-(\\d).*", "$1")))
        .findFirst()
        .orElse(0);
  }

  /** How many servers vote, as that machine's agent is told. */
  long voters(int machine) {
    return peers(machine).filter(line -> line.contains(" true ")).count();
  }

  /** The passing instances, as that machine's agent is told. */
  Set<String> passing(int machine) {
    String address = "http://127.0.0.1:8500/v1/health/service/web?passing";
    JsonElement entries = json(consul(machine, "wget", "-q", "-O", "-", address));
    Set<String> ids = new TreeSet<>();
    if (entries.isJsonArray()) {
      entries
          .getAsJsonArray()
          .forEach(
              entry ->
                  ids.add(
                      entry.getAsJsonObject().getAsJsonObject("Service").get("ID").getAsString()));
    }
    return ids;
  }

  private static JsonElement json(String text) {
    try {
      return JsonParser.parseString(text);
    } catch (JsonParseException noJson) {
      return JsonParser.parseString("null");
    }
  }

  // What is delivered

  /** Keeps what containers have logged, however soon they are removed, until it is ended. */
  Process followLogs(Path directory) {
    Path logs;
    try {
      logs = Files.createDirectories(directory.resolve("logs"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String links = // a link to a file outlives the file's own name
        "while sleep 1; do find %s/*/data/containers -name '*-json.log' -exec ln -f -t %s {} +; done"
            .formatted(DISKS, logs);
    return session.commands().start(directory.resolve("links.out"), List.of("bash", "-c", links));
  }

  /** What nodes have logged of deliveries, into {@code deliveries.log}. */
  static void collectDeliveries(Path directory) {
    try (Stream<Path> files = Files.list(directory.resolve("logs"));
        BufferedWriter out = Files.newBufferedWriter(directory.resolve("deliveries.log"))) {
      for (Path file : files.toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          for (String line : lines.filter(each -> each.contains(" delivered ")).toList()) {
            JsonElement entry = json(line);
            if (entry.isJsonObject()) {
              out.write(entry.getAsJsonObject().get("log").getAsString());
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
