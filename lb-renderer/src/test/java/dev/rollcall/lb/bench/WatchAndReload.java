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
 * A program watches Consul, renders the whole configuration, and has HAProxy reloaded. The program
 * is consul-template where {@code CONSUL_TEMPLATE} names it, else a loop of curl and jq.
 */
final class WatchAndReload implements Balancer {
  private static final Duration START_LIMIT = Duration.ofMinutes(3);

  private static final int MASTER_PORT = 8089;

  /** How HAProxy is reloaded. */
  enum Way {
    /**
     * As in 2015: {@code haproxy -f FILE -sf $(pidof haproxy)} starts a new one, which tells the
     * old one to finish. HAProxy's container is told over a pipe, because {@code docker exec} would
     * cost what this way does not.
     */
    NEW_PROCESS("haproxy -sf"),

    /** Its master gets the command {@code reload}, and starts a new worker. */
    MASTER("reload by the master");

    private final String words;

    Way(String words) {
      this.words = words;
    }
  }

  private final Registry consul;
  private final Path directory;
  private final String balance;
  private final Way way;
  private final String program = Objects.requireNonNullElse(System.getenv("CONSUL_TEMPLATE"), "");
  private @Nullable Process watcher;
  private @Nullable Haproxy haproxy;

  WatchAndReload(Registry consul, Path directory, String balance, Way way) {
    this.consul = consul;
    this.directory = directory;
    this.balance = balance;
    this.way = way;
  }

  @Override
  public String name() {
    return (program.isEmpty() ? "curl loop" : "consul-template") + ", " + way.words;
  }

  @Override
  public void start(int most) throws IOException {
    Path configuration = directory.resolve("haproxy.cfg");
    Path pipe = directory.resolve("reload");
    Files.deleteIfExists(configuration);
    Files.deleteIfExists(pipe);
    Files.deleteIfExists(directory.resolve("reloads"));
    Command.run(List.of("mkfifo", pipe.toString()));
    watcher =
        Command.start(
            log(), program.isEmpty() ? loop(configuration) : template(reload(pipe, directory)));
    Wait.until("it writes its file", START_LIMIT, () -> Files.exists(configuration));
    haproxy =
        way == Way.MASTER
            ? Haproxy.start(
                directory,
                "-W",
                "-db",
                "-S",
                Haproxy.SITE_ADDRESS + ":" + MASTER_PORT + ",level,operator",
                "-f",
                configuration.toString())
            : Haproxy.run(
                directory, "sh", List.of(script("haproxy-sf.sh").toString(), directory.toString()));
    Wait.forSite(site());
  }

  /** The command that has HAProxy reloaded; at the first time there is none yet. */
  private String reload(Path pipe, Path directory) {
    return way == Way.NEW_PROCESS
        ? "echo reload >" + pipe
        : "exec 3<>/dev/tcp/%s/%d || exit 0; echo reload >&3; cat <&3 >>%s; echo reloaded >>%s"
            .formatted(
                Haproxy.SITE_ADDRESS,
                MASTER_PORT,
                directory.resolve("master.log"),
                directory.resolve("reloads"));
  }

  private List<String> template(String reload) throws IOException {
    Path template = directory.resolve("haproxy.ctmpl");
    Path script = directory.resolve("reload.sh");
    Files.writeString(template, head() + CONSUL_TEMPLATE);
    Files.writeString(script, reload + "\n");
    String shell = way == Way.MASTER ? "bash " : "sh "; // what speaks TCP, or starts sooner
    return List.of(
        program,
        "-consul-addr",
        consul.authority(),
        "-template",
        template + ":" + directory.resolve("haproxy.cfg") + ":" + shell + script);
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
