package dev.rollcall.measure.faults;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.rollcall.measure.CommandRunner;
import dev.rollcall.measure.ExitException;
import dev.rollcall.measure.HttpProbe;
import dev.rollcall.measure.MeasurementRun;
import dev.rollcall.measure.Waiting;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the composed system that is broken on purpose: how it is composed, asked, changed and
 * taken away. Its name and ports are those in the environment, which the script has set.
 */
final class SystemUnderTest {
  /** Until the pool is right before a fault. */
  static final int START_SECONDS = 120;

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
  private static final String PROJECT =
      MeasurementRun.environment("COMPOSE_PROJECT_NAME", "rollcall");

  /** Of the images that faults make, besides the labels of what they are made of. */
  static final String IMAGE_LABEL = "dev.rollcall.faults=" + PROJECT;

  final int httpPort = port("HTTP_PORT");
  final int statusPort = port("STATUS_PORT");
  private final int statsPort = port("STATS_PORT");
  private final MeasurementRun session;
  private final boolean secure;
  private final List<Path> files = new ArrayList<>();
  private final Map<String, String> environment = new HashMap<>();
  private final Path templates;
  private final HttpProbe probe;
  private final String consulUrl;
  private final String consulToken;

  private SystemUnderTest(
      MeasurementRun session,
      boolean secure,
      Path templates,
      Map<String, String> environment,
      List<Path> overlays) {
    this.session = session;
    this.secure = secure;
    this.templates = templates;
    this.environment.putAll(environment);
    files.add(session.compose().resolve("compose.yml"));
    files.add(overlay());
    if (secure) {
      files.add(session.compose().resolve("secure.yml"));
    }
    files.addAll(overlays);
    Path operator = session.compose().resolve("secrets").resolve(PROJECT).resolve("operator");
    HttpClient.Builder builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ANSWER_LIMIT);
    probe =
        new HttpProbe(
            (secure ? builder.sslContext(PemFiles.context(operator)) : builder).build(),
            ANSWER_LIMIT);
    consulUrl = (secure ? "https://localhost:" : "http://127.0.0.1:") + port("CONSUL_PORT");
    consulToken = secure ? read(operator.resolve("token")).strip() : "";
  }

  /**
   * Prepares the machine and starts the system with three nodes, in turn with other runs of the
   * same script; it is taken away at the end of the session.
   *
   * @param needs what the faults need of this machine, as {@code compose/measure/prepare} names it
   */
  static SystemUnderTest start(
      MeasurementRun session, boolean build, boolean secure, List<String> needs) {
    List<String> all = new ArrayList<>(needs);
    if (build) {
      all.addAll(List.of("build", "trial"));
    }
    String tag = MeasurementRun.environment("ROLLCALL_TAG", "latest");
    String image = "rollcall/web-node:" + tag + "-trial";
    return start(session, secure, all, Map.of("WEB_NODE_IMAGE", image), List.of());
  }

  /**
   * The same with nodes of another image.
   *
   * @param needs all that must be built and had
   * @param settings what the overlays ask for, and the image of nodes as {@code WEB_NODE_IMAGE}
   * @param overlays over the files that compose the system
   */
  static SystemUnderTest start(
      MeasurementRun session,
      boolean secure,
      List<String> needs,
      Map<String, String> settings,
      List<Path> overlays) {
    session.prepare(Map.of(), List.of("system"));
    session.lock(Path.of(MeasurementRun.environment("SCRIPT")).getFileName().toString());
    Path templates;
    try {
      templates =
          Files.createTempDirectory(
              "rollcall-templates",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] password = new byte[12];
    new SecureRandom().nextBytes(password);
    Map<String, String> environment = new HashMap<>(settings);
    environment.put("TEMPLATES", templates.toString());
    environment.put("STATS_USER", "faults");
    environment.put("STATS_PASSWORD", HexFormat.of().formatHex(password));
    environment.put("CONSUL_SERVERS", "http://consul:8500");
    session.atEnd(() -> deleteTemplates(templates));
    List<String> more = with(needs, "jmeter");
    session.prepare(environment, more);
    MeasurementRun.say("== start the system");
    if (secure) {
      session.atEnd(() -> session.prepare(environment, List.of("no-secrets")));
    }
    // Whatever becomes of the start is taken away, too.
    session.atEnd(() -> takeAway(session, environment, secure));
    if (secure) {
      session.prepare(environment, List.of("secrets"));
    }
    SystemUnderTest system = new SystemUnderTest(session, secure, templates, environment, overlays);
    system.restoreTemplate();
    if (!system.scale(3)) {
      throw new ExitException(
          ExitException.NOT_STARTED, "the system does not start; see " + session.log());
    }
    return system;
  }

  private static void takeAway(
      MeasurementRun session, Map<String, String> environment, boolean secure) {
    CommandRunner commands = session.commands().with(environment);
    List<String> compose = new ArrayList<>(List.of("docker", "compose"));
    List<String> names = new ArrayList<>(List.of("compose.yml", "measure/faults.d/faults.yml"));
    if (secure) {
      names.add("secure.yml");
    }
    names.forEach(
        name -> compose.addAll(List.of("-f", session.compose().resolve(name).toString())));
    commands.run(with(compose, "kill")); // nothing is left to be drained
    if (!commands.run(with(compose, "down", "--volumes", "--remove-orphans", "--timeout", "1"))) {
      MeasurementRun.warn("%s could not be taken away; see %s", PROJECT, session.log());
    }
    removeImages(commands);
  }

  /** The images that faults have made, also those that have lost their name to a later one. */
  private static void removeImages(CommandRunner commands) {
    List<String> images =
        commands
            .call(List.of("docker", "image", "ls", "-q", "--filter", "label=" + IMAGE_LABEL))
            .lines();
    if (!images.isEmpty()) {
      List<String> words = new ArrayList<>(List.of("docker", "image", "rm", "-f"));
      words.addAll(images);
      commands.run(words);
    }
  }

  private static void deleteTemplates(Path templates) {
    try {
      for (String name : List.of("faults.mustache", ".next")) {
        Files.deleteIfExists(templates.resolve(name));
      }
      Files.delete(templates);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the figures are of. */
  String description() {
    String haproxy =
        output("exec", "-T", "haproxy", "haproxy", "-v").replaceFirst("^HAProxy version ", "");
    String consul =
        output("exec", "-T", "consul", "consul", "version").replaceFirst("^Consul v", "");
    return "HAProxy %s, Consul %s%s, %s"
        .formatted(
            haproxy.split(" ", 2)[0],
            consul.lines().findFirst().orElse(""),
            secure ? " (secured)" : "",
            Path.of(session.fact("JMETER")).getFileName());
  }

  MeasurementRun session() {
    return session;
  }

  boolean isSecure() {
    return secure;
  }

  // Compose and Docker

  /** Programs with the settings of this system in their environment. */
  CommandRunner commands() {
    return session.commands().with(environment);
  }

  /** A setting of this system from now on. */
  void set(String variable, String value) {
    environment.put(variable, value);
  }

  /** {@code docker compose} on this system, its output in the log; true if it succeeds. */
  boolean compose(String... words) {
    return commands().run(composeCommand(List.of(), words));
  }

  /** The standard output of {@code docker compose} on this system. */
  String output(String... words) {
    return commands().read(composeCommand(List.of(), words).toArray(String[]::new));
  }

  /** The command line of {@code docker compose} on this system, with more overlays. */
  List<String> composeCommand(List<Path> overlays, String... words) {
    List<String> all =
        new ArrayList<>(List.of("docker", "compose", "--ansi", "never", "--progress", "plain"));
    files.forEach(file -> all.addAll(List.of("-f", file.toString())));
    overlays.forEach(file -> all.addAll(List.of("-f", file.toString())));
    all.addAll(List.of(words));
    return all;
  }

  Path overlay() {
    return session.measure().resolve("faults.d/faults.yml");
  }

  /** So many nodes run, the others as they are; false if Compose could not see to it. */
  boolean scale(int nodes) {
    return compose("up", "-d", "--no-recreate", "--scale", "web-node=" + nodes);
  }

  /** The id of the service's first container. */
  String container(String service) {
    return output("ps", "-q", service).lines().findFirst().orElse("");
  }

  /** The ids of the nodes that run, the oldest first. */
  List<String> nodes() {
    List<String> ids = new ArrayList<>(running("service=web-node"));
    Collections.reverse(ids);
    return ids;
  }

  /**
   * The ids of the system's containers that run, the newest first.
   *
   * @param label one of Compose's that they have, without its prefix
   */
  List<String> running(String label) {
    return commands()
        .read(
            "docker",
            "ps",
            "-q",
            "--no-trunc",
            "--filter",
            "label=com.docker.compose.project=" + PROJECT,
            "--filter",
            "label=com.docker.compose." + label,
            "--filter",
            "status=running")
        .lines()
        .toList();
  }

  String inspect(String container, String format) {
    return commands().read("docker", "inspect", "-f", format, container);
  }

  /** The container's address in the system's network. */
  String address(String container) {
    return inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
  }

  // HAProxy's pool

  /** The servers of the pool that HAProxy calls up: their addresses and ports. */
  Set<String> poolUp() {
    Set<String> up = new TreeSet<>();
    for (CSVRecord server : servers()) {
      if (server.get("status").startsWith("UP")) {
        up.add(server.get("addr"));
      }
    }
    return up;
  }

  /** The lines of HAProxy's statistics for the servers of the pool; none without an answer. */
  List<CSVRecord> servers() {
    String login = environment.get("STATS_USER") + ":" + environment.get("STATS_PASSWORD");
    String credentials = Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    URI statistics = URI.create("http://127.0.0.1:" + statsPort + "/haproxy_stats;csv");
    return send(HttpRequest.newBuilder(statistics).header("Authorization", "Basic " + credentials))
        .filter(answer -> answer.statusCode() == 200)
        .map(answer -> servers(answer.body()))
        .orElse(List.of());
  }

  /** The lines of the servers of {@code web} in HAProxy's statistics. */
  static List<CSVRecord> servers(String statistics) {
    CSVFormat format =
        CSVFormat.DEFAULT
            .builder()
            .setHeader()
            .setSkipHeaderRecord(true)
            .setAllowMissingColumnNames(true) // each line ends with a comma
            .get();
    try (CSVParser parser = CSVParser.parse(new StringReader(statistics), format)) {
      return parser.stream()
          .filter(line -> line.get("# pxname").equals("web"))
          .filter(line -> !line.get("svname").equals("BACKEND"))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The addresses and ports of the nodes that run, without that one. */
  Set<String> poolWanted(String except) {
    List<String> ids = nodes();
    ids.remove(except);
    Set<String> wanted = new TreeSet<>();
    if (!ids.isEmpty()) {
      List<String> words =
          new ArrayList<>(
              List.of(
                  "docker",
                  "inspect",
                  "-f",
                  "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}:8080"));
      words.addAll(ids);
      wanted.addAll(commands().call(words).lines());
    }
    return wanted;
  }

  /** True if HAProxy calls up exactly the nodes that run, without that one. */
  boolean poolIsRight(String except) {
    Set<String> wanted = poolWanted(except);
    return !wanted.isEmpty() && poolUp().equals(wanted);
  }

  /** True if so many nodes run, and are HAProxy's pool. */
  boolean hasNodes(int count) {
    return poolIsRight("") && nodes().size() == count;
  }

  void awaitStart(int nodes) {
    if (!Waiting.until(START_SECONDS, () -> hasNodes(nodes))) {
      throw new ExitException(
          ExitException.NOT_STARTED,
          "HAProxy does not have the %d nodes as its pool after %d s; see %s"
              .formatted(nodes, START_SECONDS, session.log()));
    }
  }

  // HTTP

  /** One request over a connection of its own; empty without an answer within 2 s. */
  Optional<HttpResponse<String>> send(HttpRequest.Builder request) {
    return probe.send(request);
  }

  Optional<HttpResponse<String>> get(String address) {
    return send(HttpRequest.newBuilder(URI.create(address)));
  }

  /** True if the site answers 200. */
  boolean serves() {
    return probe.body("http://127.0.0.1:" + httpPort + "/").isPresent();
  }

  /** What lb-renderer says of itself, as it words it; empty without an answer. */
  String status() {
    return get("http://127.0.0.1:" + statusPort + "/status").map(HttpResponse::body).orElse("");
  }

  boolean isReady() {
    return probe.body("http://127.0.0.1:" + statusPort + "/readyz").isPresent();
  }

  /** True if lb-renderer tells tools that nothing is wrong. */
  boolean isWhole() {
    return statusField("degraded").filter(degraded -> !degraded.getAsBoolean()).isPresent();
  }

  /** HAProxy's reloads by lb-renderer's count; -1 if it does not tell. */
  long reloads() {
    return statusField("haproxy")
        .map(haproxy -> haproxy.getAsJsonObject().get("reloads"))
        .map(JsonElement::getAsLong)
        .orElse(-1L);
  }

  /** How many changes lb-renderer has applied, of whatever kind. */
  long applies() {
    return statusField("applies").stream()
        .flatMap(applies -> applies.getAsJsonObject().asMap().values().stream())
        .mapToLong(JsonElement::getAsLong)
        .sum();
  }

  private Optional<JsonElement> statusField(String name) {
    return json(status())
        .filter(JsonElement::isJsonObject)
        .map(status -> status.getAsJsonObject().get(name))
        .filter(field -> !field.isJsonNull());
  }

  private static Optional<JsonElement> json(String text) {
    try {
      return Optional.of(JsonParser.parseString(text));
    } catch (JsonParseException noJson) {
      return Optional.empty();
    }
  }

  // Consul

  /** A request to Consul as its operator; empty without an answer. */
  Optional<HttpResponse<String>> consul(String method, String path, @Nullable String body) {
    return send(consulRequest(method, path, body));
  }

  HttpRequest.Builder consulRequest(String method, String path, @Nullable String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(consulUrl + path))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    return secure ? request.header("X-Consul-Token", consulToken) : request;
  }

  /** The client of {@link #consulRequest}, which keeps its connections. */
  HttpClient client() {
    return probe.client();
  }

  /** Registers an instance of the service, as anybody may who can reach Consul. */
  void register(String id, String address, int port) {
    JsonObject service = new JsonObject();
    service.addProperty("ID", id);
    service.addProperty("Name", "web");
    service.addProperty("Address", address);
    service.addProperty("Port", port);
    consul("PUT", "/v1/agent/service/register", service.toString());
  }

  /** The good answer to a GET, empty otherwise. */
  String consulAnswer(String path) {
    return consul("GET", path, null)
        .filter(answer -> answer.statusCode() == 200)
        .map(HttpResponse::body)
        .orElse("");
  }

  /** How many of our nodes pass, each counted once. */
  int passing() {
    return instances(consulAnswer("/v1/health/service/web?passing"));
  }

  /** How many of our nodes are in an answer of Consul's about the health of the service. */
  static int instances(String health) {
    TreeSet<String> ids = new TreeSet<>();
    json(health)
        .filter(JsonElement::isJsonArray)
        .ifPresent(
            entries ->
                entries
                    .getAsJsonArray()
                    .forEach(
                        entry ->
                            ids.add(
                                entry
                                    .getAsJsonObject()
                                    .getAsJsonObject("Service")
                                    .get("ID")
                                    .getAsString())));
    return (int) ids.stream().filter(id -> id.startsWith("web-")).count();
  }

  // Templates and images

  /** The built-in template, where lb-renderer reads it. */
  void restoreTemplate() {
    putTemplate(builtInTemplate());
  }

  /** The built-in template with another time-out. */
  void editTemplate(String timeout) {
    putTemplate(
        builtInTemplate().replace("timeout http-request 10s", "timeout http-request " + timeout));
  }

  private String builtInTemplate() {
    return read(
        session
            .root()
            .resolve("lb-renderer/src/main/resources/dev/rollcall/lb/template/web.mustache"));
  }

  /** In one piece. */
  private void putTemplate(String text) {
    Path next = templates.resolve(".next");
    try {
      Files.writeString(next, text);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(next, templates.resolve("faults.mustache"), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The image that nodes are made of after {@link #useNextImage}. */
  static String nextImage() {
    return "rollcall/web-node:" + PROJECT + "-next";
  }

  /** The image of the node whose clock can be set. */
  static String clockImage() {
    return "rollcall/web-node:" + PROJECT + "-clock";
  }

  /** From now on nodes are made of another image, each time of another. */
  boolean useNextImage() {
    String recipe =
        "printf 'FROM %s\\nLABEL %s time=%d\\n' | docker build -q -t %s -"
            .formatted(
                environment.get("WEB_NODE_IMAGE"),
                IMAGE_LABEL,
                System.currentTimeMillis(),
                nextImage());
    boolean built = commands().run("bash", "-c", recipe);
    set("WEB_NODE_IMAGE", nextImage());
    return built;
  }

  String webNodeImage() {
    return Objects.requireNonNull(environment.get("WEB_NODE_IMAGE"));
  }

  static String project() {
    return PROJECT;
  }

  private static int port(String name) {
    return Integer.parseInt(MeasurementRun.environment(name));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> with(List<String> words, String... more) {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    return all;
  }
}
