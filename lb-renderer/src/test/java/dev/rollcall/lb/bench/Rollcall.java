package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** HAProxy and lb-renderer, attached to its master's socket, with the options of its package. */
final class Rollcall implements Balancer {
  /** As {@code discovery-core/src/packaging/bin/start} starts Java. */
  static final List<String> JAVA_OPTIONS =
      List.of(
          "-Xms24m",
          "-Xmx128m",
          "-Xss512k",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-XX:+ExitOnOutOfMemoryError",
          "-Dfile.encoding=UTF-8");

  private static final Pattern STATUS = Pattern.compile("Status on (http://[^/]+)/status");
  private static final Pattern APPLIED =
      Pattern.compile("\"applies\":\\{([^}]*)\\}", Pattern.DOTALL);
  private static final Pattern COUNT =
      Pattern.compile("\"(?:changed|reloaded)\":(\\d+)", Pattern.DOTALL);
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final String consul;
  private final Path directory;
  private final String template;
  private final List<String> options;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process renderer;
  private @Nullable Haproxy haproxy;
  private long appliedBefore;

  Rollcall(String consul, Path directory) {
    this(consul, directory, pool("random", "web"), List.of());
  }

  /**
   * With other backends than the one named {@code web}.
   *
   * @param consul {@code host:port}
   * @param options of lb-renderer besides
   */
  Rollcall(String consul, Path directory, String pools, List<String> options) {
    this(consul, directory, options, Haproxy.COMMON + pools);
  }

  private Rollcall(String consul, Path directory, List<String> options, String template) {
    this.consul = consul;
    this.directory = directory;
    this.options = options;
    this.template = template;
  }

  /** With a template that has all of the configuration. */
  static Rollcall ofTemplate(String consul, Path directory, String template, List<String> options) {
    return new Rollcall(consul, directory, options, template);
  }

  /** A backend of a service, in a template. */
  static String pool(String balance, String service) {
    return """
        backend %2$s
            balance %1$s
        {{#services.%2$s}}
            server {{name}} {{address}}:{{port}} weight {{weight}} check
        {{/services.%2$s}}
        """
        .formatted(balance, service);
  }

  @Override
  public String name() {
    return "Rollcall";
  }

  @Override
  public void start(int most) throws IOException {
    Path file = directory.resolve("web.mustache");
    Path configuration = directory.resolve("haproxy.cfg");
    Path socket = directory.resolve("master.sock");
    Files.writeString(file, template);
    Files.deleteIfExists(configuration);
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(JAVA_OPTIONS);
    words.addAll(List.of("-jar", System.getProperty("lb-renderer.jar"), "run"));
    words.addAll(List.of("--template", file.toString(), "--output", configuration.toString()));
    words.addAll(List.of("--master-socket", socket.toString(), "--consul", consul));
    words.addAll(List.of("--listen", "127.0.0.1:0", "--allow-loopback", "yes"));
    words.addAll(options);
    Files.deleteIfExists(log());
    renderer = Command.start(log(), words);
    Wait.until("lb-renderer writes its file", START_LIMIT, () -> Files.exists(configuration));
    haproxy =
        Haproxy.start(
            directory,
            "-W",
            "-db",
            "-S",
            socket + ",mode,660,level,admin",
            "-f",
            configuration.toString());
    Wait.until("lb-renderer is ready", START_LIMIT, () -> get("/readyz").statusCode() == 200);
    Wait.forSite(site());
    appliedBefore = applied();
  }

  /** The process that does the work. */
  long pid() {
    if (renderer == null) {
      throw new IllegalStateException("not started");
    }
    return renderer.pid();
  }

  Path log() {
    return directory.resolve("renderer.log");
  }

  @Override
  public OptionalLong changesApplied() throws IOException {
    return OptionalLong.of(applied() - appliedBefore);
  }

  /** A number of HAProxy's in {@code /status}, such as {@code reloads}. */
  String status(String name) throws IOException {
    Matcher number = Pattern.compile("\"" + name + "\":\\s*(\\d+)").matcher(get("/status").body());
    if (!number.find()) {
      throw new IOException("/status has no " + name);
    }
    return number.group(1);
  }

  private long applied() throws IOException {
    Matcher applies = APPLIED.matcher(get("/status").body().replaceAll("\\s", ""));
    if (!applies.find()) {
      throw new IOException("/status does not tell how much was applied");
    }
    Matcher count = COUNT.matcher(applies.group(1));
    long sum = 0;
    while (count.find()) {
      sum += Long.parseLong(count.group(1));
    }
    return sum;
  }

  private HttpResponse<String> get(String path) throws IOException {
    Matcher where = STATUS.matcher(Files.readString(log()));
    if (!where.find()) {
      throw new IOException("its status is nowhere yet:\n" + Command.tail(log()));
    }
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create(where.group(1) + path))
              .timeout(Duration.ofSeconds(10))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (renderer != null) {
      Command.end(renderer);
      renderer = null;
    }
    if (haproxy != null) {
      haproxy.close();
      haproxy = null;
    }
  }
}
