package dev.rollcall.lb.haproxy;

import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.utility.DockerImageName;

/**
 * HAProxy in a container, with its sockets in a directory of the test. Its port 8080 is the site;
 * its ports 9000 to 9199 answer with their own number, at once, after 20 ms ({@code /slow}) or
 * after 3 s ({@code /long}), so that it can be its own pool.
 */
final class RuntimeHaproxyContainer implements AutoCloseable {

  private static final String FIXED =
      """
      global
          stats socket /t/admin.sock mode 666 level admin
          lua-load /t/pause.lua
      defaults
          mode http
          timeout connect 2s
          timeout client 30s
          timeout server 30s
          timeout check 1s
          timeout http-keep-alive 10s
          option idle-close-on-response
      frontend fe_site
          bind :8080
          default_backend be
      frontend fe_pool
          bind :9000-9199
          http-request lua.pause
          http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  private static final String PAUSE =
      """
      core.register_action("pause", { "http-req" }, function(txn)
        local path = txn.f:path()
        if path == "/slow" then core.msleep(20) elseif path == "/long" then core.msleep(3000) end
      end)
      """;

  private final Path directory;
  private final GenericContainer<?> container;

  private RuntimeHaproxyContainer(String image, Path directory, Network network) {
    this.directory = directory;
    container =
        new GenericContainer<>(DockerImageName.parse(image))
            .withImagePullPolicy(name -> false)
            .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
            .withNetwork(network)
            .withExposedPorts(8080)
            .withCreateContainerCmdModifier(
                command ->
                    Objects.requireNonNull(command.getHostConfig())
                        .withBinds(new Bind(directory.toString(), new Volume("/t"))))
            .withCommand(
                "haproxy",
                "-W",
                "-db",
                "-f",
                "/t/haproxy.cfg",
                "-S",
                "/t/master.sock,mode,666,level,admin");
  }

  /** Starts one whose configuration ends with these lines. */
  static RuntimeHaproxyContainer start(String image, Path directory, Network network, String rest)
      throws IOException {
    RuntimeHaproxyContainer haproxy = new RuntimeHaproxyContainer(image, directory, network);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    haproxy.configure(rest);
    Files.writeString(directory.resolve("pause.lua"), PAUSE);
    haproxy.container.start();
    // The site serves some 100 ms before the master listens, and takes signals.
    await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(haproxy::masterAnswers);
    return haproxy;
  }

  /** Its whole configuration with these lines at the end. */
  static String configuration(String rest) {
    return FIXED + rest;
  }

  /** Writes the file; HAProxy reads it when it reloads. */
  void configure(String rest) throws IOException {
    Path file = directory.resolve("haproxy.cfg");
    Files.writeString(file, configuration(rest));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  RuntimeApi worker() {
    return RuntimeApi.ofWorker(directory.resolve("admin.sock"));
  }

  RuntimeApi master() {
    return RuntimeApi.throughMaster(directory.resolve("master.sock"));
  }

  /** Makes it read its file again; it has not yet when this returns. */
  void reload() {
    signal("USR2");
  }

  String ask(String command) throws RuntimeApiException {
    try (RuntimeApi.Session session = worker().open()) {
      return session.ask(command);
    }
  }

  SiteClient site() {
    return new SiteClient(container.getHost(), container.getMappedPort(8080));
  }

  /** Its address in its network. */
  String ip() {
    Map<String, ?> networks = container.getContainerInfo().getNetworkSettings().getNetworks();
    return container.getContainerInfo().getNetworkSettings().getNetworks().values().stream()
        .map(network -> Objects.requireNonNull(network.getIpAddress()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("in no network: " + networks));
  }

  /** Ends it as a power cut would. */
  void kill() {
    signal("KILL");
  }

  private boolean masterAnswers() throws RuntimeApiException {
    try (RuntimeApi.Session session = master().open()) {
      return ShowInfo.parse(session.ask(ShowInfo.COMMAND)).pid() > 0;
    }
  }

  private void signal(String name) {
    container
        .getDockerClient()
        .killContainerCmd(container.getContainerId())
        .withSignal(name)
        .exec();
  }

  @Override
  public void close() {
    container.stop();
  }
}
