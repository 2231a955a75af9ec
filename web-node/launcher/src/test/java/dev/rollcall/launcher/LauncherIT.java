package dev.rollcall.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.ServiceQuery;
import dev.rollcall.discovery.Snapshot;
import dev.rollcall.discovery.Watch;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/** The runnable jar as its users run it, with a real program and a real Consul. */
class LauncherIT {
  private static final Path JAR = Path.of("target", "launcher.jar");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final GenericContainer<?> consul =
      new GenericContainer<>(consulImage())
          .withCommand("agent", "-dev", "-client", "0.0.0.0")
          .withExposedPorts(8500)
          .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
          .waitingFor(
              Wait.forHttp("/v1/status/leader")
                  .forResponsePredicate(leader -> leader.contains(":8300"))
                  .withStartupTimeout(Duration.ofMinutes(2)));

  @TempDir Path directory;
  private final List<Process> started = new ArrayList<>();
  private Discovery discovery;
  private int port;

  private static DockerImageName consulImage() {
    String named = System.getenv("CONSUL_IMAGE");
    if (named != null && !named.isBlank()) {
      return DockerImageName.parse(named);
    }
    try {
      Matcher pin =
          Pattern.compile("\\$\\{CONSUL_IMAGE:-(.+?)}")
              .matcher(Files.readString(Path.of("../../compose/compose.yml")));
      assertThat(pin.find()).isTrue();
      return DockerImageName.parse(pin.group(1));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeAll
  static void startConsul() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(60));
    consul.start();
  }

  @AfterAll
  static void stopConsul() {
    consul.stop();
    Awaitility.reset();
  }

  @BeforeEach
  void connect() throws IOException {
    discovery =
        Discovery.connect(
            ConsulOptions.builder().address(URI.create("http://" + consulAddress())).build());
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
  }

  @AfterEach
  void end() {
    discovery.close();
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String consulAddress() {
    return consul.getHost() + ":" + consul.getMappedPort(8500);
  }

  /** This machine's own, as connections from loopback do not count as traffic. */
  private static String address() throws IOException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(Inet4Address.class::isInstance)
        .filter(address -> !address.isLoopbackAddress())
        .map(InetAddress::getHostAddress)
        .findFirst()
        .orElseThrow();
  }

  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private List<String> testProgram() {
    return List.of(
        JAVA, "-cp", "target/test-classes", TestProgram.class.getName(), Integer.toString(port));
  }

  private Process launch(String name, String... options) throws IOException {
    return launch(name, List.of(options), consulAddress(), testProgram());
  }

  private Process launch(String name, List<String> options, String agent, List<String> program)
      throws IOException {
    assertThat(JAR).as("mvn package makes it").isRegularFile();
    List<String> words = new ArrayList<>(List.of(JAVA, "-jar", JAR.toString()));
    words.addAll(List.of("--name", name, "--port", Integer.toString(port)));
    words.addAll(List.of("--check", "http:/health", "--check-interval", "100ms"));
    words.addAll(options);
    words.add("--");
    words.addAll(program);
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .redirectOutput(directory.resolve("out").toFile())
            .redirectError(directory.resolve("err").toFile());
    builder.environment().put("CONSUL_HTTP_ADDR", agent);
    builder.environment().put("SERVICE_ADDRESS", "127.0.0.1");
    builder.environment().put("DRAIN_QUIET", "300ms");
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private Watch watch(String name) {
    return discovery.watch(ServiceQuery.service(name), snapshot -> {});
  }

  private static int passing(Watch watch) {
    return watch.current().map(Snapshot::instances).map(List::size).orElse(0);
  }

  private CompletableFuture<HttpResponse<Void>> get(String path) throws IOException {
    URI uri = URI.create("http://" + address() + ":" + port + path);
    return CLIENT.sendAsync(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
  }

  private static int exitCode(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("out"), UTF_8);
  }

  /** What the launcher has said. */
  private String log() throws IOException {
    return Files.readString(directory.resolve("err"), UTF_8);
  }

  @Test
  void leavesServesWhatIsOpenAndStopsByTheProgramsOwnSignal() throws Exception {
    Watch watch = watch("leaves");
    Process launcher = launch("leaves", "--stop-signal", "WINCH");
    await().until(() -> passing(watch) == 1);

    CompletableFuture<HttpResponse<Void>> slow = get("/slow");
    OpenConnections open = OpenConnections.of(port);
    await().until(() -> open.count() > 0);
    launcher.toHandle().destroy();

    await().until(() -> passing(watch) == 0);
    assertThat(launcher.isAlive()).isTrue();
    assertThat(slow.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(exitCode(launcher)).isEqualTo(7);
    assertThat(output()).isEqualTo("serving on " + port + "\n");
  }

  @Test
  void aProgramThatEndsIsDeregisteredAtOnceWithItsExitCode() throws Exception {
    Watch watch = watch("ends");
    Process launcher = launch("ends");
    await().until(() -> passing(watch) == 1);

    var unused = get("/exit");
    assertThat(exitCode(launcher)).isEqualTo(7);
    // Far sooner than a check lapses.
    await().atMost(Duration.ofSeconds(10)).until(() -> passing(watch) == 0);
  }

  @Test
  void aProgramThatEndsIsStartedAgainIfThatIsWanted() throws Exception {
    Watch watch = watch("again");
    Process launcher = launch("again", "--restart");
    await().until(() -> passing(watch) == 1);

    var unused = get("/exit");
    await().until(() -> output().equals(("serving on " + port + "\n").repeat(2)));
    await().until(() -> passing(watch) == 1);
    launcher.toHandle().destroy();
    assertThat(exitCode(launcher)).isEqualTo(143);
  }

  @Test
  void whatTheCheckFindsIsReportedToConsul() throws Exception {
    Watch watch = watch("breaks");
    launch("breaks");
    await().until(() -> passing(watch) == 1);

    assertThat(get("/break").get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    // A heartbeat comes every 5 s, and the check lapses after 15 s.
    await().atMost(Duration.ofSeconds(4)).until(() -> passing(watch) == 0);
  }

  @Test
  void otherSignalsReachTheProgram() throws Exception {
    Process launcher = launch("signals");
    Watch watch = watch("signals");
    await().until(() -> passing(watch) == 1);

    assertThat(new ProcessBuilder("kill", "-HUP", Long.toString(launcher.pid())).start().waitFor())
        .isZero();
    await().until(() -> output().endsWith("got HUP\n"));
    assertThat(launcher.isAlive()).isTrue();
  }

  @Test
  void aProgramThatIgnoresEverySignalIsKilledInTime() throws Exception {
    Watch watch = watch("ignores");
    // A JVM ignores what was ignored when it was started.
    List<String> program = new ArrayList<>(List.of("sh", "-c", "trap '' TERM; exec \"$@\"", "sh"));
    program.addAll(testProgram());
    Process launcher =
        launch("ignores", List.of("--stop-timeout", "500ms"), consulAddress(), program);
    await().until(() -> passing(watch) == 1);

    launcher.toHandle().destroy();

    assertThat(exitCode(launcher)).isEqualTo(137);
    assertThat(log()).contains("has not ended").contains("SIGTERM");
    assertThat(passing(watch)).isZero();
  }

  @Test
  void consulNeedNotBeThere() throws Exception {
    Process launcher = launch("alone", List.of(), "127.0.0.1:1", testProgram());
    await().ignoreExceptions().until(() -> get("/").get(5, TimeUnit.SECONDS).statusCode() == 200);
    await().until(() -> log().contains("trying on"));

    launcher.toHandle().destroy();
    assertThat(exitCode(launcher)).isEqualTo(143);
  }

  @Test
  void aProgramThatWritesALotIsPassedThroughWhole() throws Exception {
    List<String> program = List.of("sh", "-c", "yes | head -c 20000000; exit 3");
    Process launcher = launch("writes", List.of(), consulAddress(), program);

    assertThat(exitCode(launcher)).isEqualTo(3);
    assertThat(directory.resolve("out")).hasSize(20_000_000);
    assertThat(log()).contains("The program has ended with 3 by itself");
  }

  @Test
  void aProgramThatGoesOnInTheBackgroundIsToldHowToStay() throws Exception {
    List<String> program = List.of("sh", "-c", "sleep 1 & exit 0");
    Process launcher = launch("forks", List.of(), consulAddress(), program);

    assertThat(exitCode(launcher)).isZero();
    assertThat(log()).contains("have it stay in the foreground");
  }

  @Test
  void whatIsWaitedForIsToldMeanwhile() throws Exception {
    Process launcher =
        launch(
            "waits", List.of("--start-timeout", "7s"), consulAddress(), List.of("sleep", "1000"));

    assertThat(exitCode(launcher)).isEqualTo(5);
    assertThat(log())
        .contains("Waiting for the program for 5 s: GET /health at port " + port)
        .contains("launcher: the check did not pass within 7 s: GET /health at port " + port);
  }
}
