package dev.rollcall.lb.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
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

/** HAProxy and lb-renderer of some build, attached to its master's socket. */
final class Rollcall implements Balancer {
  private static final Pattern STATUS = Pattern.compile("Status on (http://[^/]+)/status");
  private static final Pattern APPLIED =
      Pattern.compile("\"applies\":\\{([^}]*)\\}", Pattern.DOTALL);
  private static final Pattern COUNT =
      Pattern.compile("\"(?:changed|reloaded)\":(\\d+)", Pattern.DOTALL);
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final InetSocketAddress site;
  private final Build build;
  private final String consul;
  private final Path directory;
  private final String template;
  private final List<String> options;
  private final HttpClient http = HttpClient.newHttpClient();
  private @Nullable Process renderer;
  private @Nullable Haproxy haproxy;
  private long appliedBefore;

  /**
   * With other backends than the one named {@code web}.
   *
   * @param consul {@code host:port}
   * @param options of lb-renderer besides
   */
  Rollcall(Build build, String consul, Path directory, String pools, List<String> options) {
    this(Haproxy.SITE, build, consul, directory, options, Haproxy.COMMON + pools);
  }

  private Rollcall(
      InetSocketAddress site,
      Build build,
      String consul,
      Path directory,
      List<String> options,
      String template) {
    this.site = site;
    this.build = build;
    this.consul = consul;
    this.directory = directory;
    this.options = options;
    this.template = template;
  }

  /** With a template that has all of the configuration. */
  static Rollcall ofTemplate(String consul, Path directory, String template, List<String> options) {
    return new Rollcall(Haproxy.SITE, Build.ours(), consul, directory, options, template);
  }

  /** With one service, at another address than the others'. */
  static Rollcall at(
      InetSocketAddress site, Build build, String consul, Path directory, String service) {
    String common =
        Haproxy.COMMON
            .replace(Haproxy.SITE_ADDRESS, site.getHostString())
            .replace("default_backend web", "default_backend " + service);
    return new Rollcall(
        site, build, consul, directory, List.of(), common + pool("random", service));
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
    return build.name();
  }

  @Override
  public InetSocketAddress site() {
    return site;
  }

  @Override
  public void start(int most) throws IOException {
    Path file = directory.resolve("web.mustache");
    Path configuration = directory.resolve("haproxy.cfg");
    Path socket = directory.resolve("master.sock");
    Files.writeString(file, template);
    Files.deleteIfExists(configuration);
    List<String> words = new ArrayList<>();
    words.addAll(build.command(directory));
    words.add("run");
    words.addAll(List.of("--template", file.toString(), "--output", configuration.toString()));
    words.addAll(List.of("--master-socket", socket.toString(), "--consul", consul));
    words.addAll(List.of("--listen", "127.0.0.1:0", "--allow-loopback", "yes"));
    words.addAll(options);
    Files.deleteIfExists(log());
    renderer = Command.start(log(), words);
    Wait.until("lb-renderer writes its file", START_LIMIT, () -> Files.exists(configuration));
    haproxy = Haproxy.start(directory, Haproxy.withMaster(socket, configuration));
    Wait.until("lb-renderer is ready", START_LIMIT, () -> get("/readyz").statusCode() == 200);
    Wait.forSite(site());
    appliedBefore = applied();
  }

  /** Those of the token bucket of its watch, of which a join and a leave take one each or two. */
  @Override
  public Duration rest() {
    return Duration.ofMillis(750);
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
