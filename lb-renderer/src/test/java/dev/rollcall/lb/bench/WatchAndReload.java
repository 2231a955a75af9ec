package dev.rollcall.lb.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The way of 2015: a program watches Consul and renders the whole configuration, and {@code haproxy
 * -f FILE -sf $(pidof haproxy)} starts a new HAProxy, which tells the old one to finish. The
 * program is consul-template where {@code CONSUL_TEMPLATE} names it, else a loop of curl and jq.
 * HAProxy's container is told over a pipe, because {@code docker exec} would cost what this way
 * does not.
 */
final class WatchAndReload implements Balancer {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private final Registry consul;
  private final Path directory;
  private final String balance;
  private final String program = Objects.requireNonNullElse(System.getenv("CONSUL_TEMPLATE"), "");
  private @Nullable Process watcher;
  private @Nullable Haproxy haproxy;

  WatchAndReload(Registry consul, Path directory, String balance) {
    this.consul = consul;
    this.directory = directory;
    this.balance = balance;
  }

  @Override
  public String name() {
    return (program.isEmpty() ? "curl loop" : "consul-template") + " and haproxy -sf";
  }

  @Override
  public void start(int most) throws IOException {
    Path configuration = directory.resolve("haproxy.cfg");
    Path pipe = directory.resolve("reload");
    Files.deleteIfExists(configuration);
    Files.deleteIfExists(pipe);
    Files.deleteIfExists(directory.resolve("reloads"));
    Command.run(List.of("mkfifo", pipe.toString()));
    watcher = Command.start(log(), program.isEmpty() ? loop(configuration) : template(pipe));
    Wait.until("it writes its file", START_LIMIT, () -> Files.exists(configuration));
    haproxy =
        Haproxy.run(
            directory, "sh", List.of(script("haproxy-sf.sh").toString(), directory.toString()));
    Wait.forSite(site());
  }

  private List<String> template(Path pipe) throws IOException {
    Path template = directory.resolve("haproxy.ctmpl");
    Files.writeString(template, head() + CONSUL_TEMPLATE);
    String reload = "sh -c 'echo reload >" + pipe + "'";
    return List.of(
        program,
        "-consul-addr",
        consul.authority(),
        "-template",
        template + ":" + directory.resolve("haproxy.cfg") + ":" + reload);
  }

  private List<String> loop(Path configuration) throws IOException {
    Path head = directory.resolve("head.cfg");
    Files.writeString(head, head());
    return List.of(
        "bash",
        script("curl-loop.sh").toString(),
        consul.authority(),
        head.toString(),
        configuration.toString(),
        directory.resolve("reload").toString());
  }

  private String head() {
    return Haproxy.COMMON + "backend web\n    balance " + balance + "\n";
  }

  private static final String CONSUL_TEMPLATE =
      """
      {{range service "web"}}    server {{.ID}} {{.Address}}:{{.Port}} weight {{.Weights.Passing}} check
      {{end}}
      """;

  private Path script(String name) throws IOException {
    Path source = Path.of(System.getProperty("bench.scripts"), name);
    Path copy = directory.resolve(name);
    Files.writeString(copy, Files.readString(source));
    return copy;
  }

  private Path log() {
    return directory.resolve("watcher.log");
  }

  @Override
  public OptionalLong changesApplied() throws IOException {
    Path reloads = directory.resolve("reloads");
    return OptionalLong.of(Files.exists(reloads) ? Files.readAllLines(reloads).size() : 0);
  }

  @Override
  public void close() throws IOException {
    if (watcher != null) {
      Command.end(watcher);
      watcher = null;
    }
    if (haproxy != null) {
      haproxy.close();
      haproxy = null;
    }
  }
}
