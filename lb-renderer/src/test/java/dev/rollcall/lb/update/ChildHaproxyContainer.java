package dev.rollcall.lb.update;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.core.Context;
import com.github.dockerjava.api.model.Bind;
import dev.rollcall.lb.TestImages;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

/**
 * A container with HAProxy and Java, in which {@link ChildHaproxyDriver} runs HAProxy as its child.
 */
final class ChildHaproxyContainer extends GenericContainer<ChildHaproxyContainer> {

  /** A place that the container's user may write to. */
  static final String TARGET = "/tmp/haproxy.cfg";

  /** A file system of 32 kB. */
  static final String SMALL = "/small";

  private static final String DRIVER = ChildHaproxyDriver.class.getName();

  private final HttpClient client = HttpClient.newHttpClient();

  ChildHaproxyContainer(String target, Bind... mounts) {
    this(TestImages.haproxyWithJava(), target, mounts);
  }

  ChildHaproxyContainer(String image, String target, Bind... mounts) {
    super(DockerImageName.parse(image));
    withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()));
    withEnv("SECRET", "not for HAProxy");
    String[] places =
        Stream.of(
                ConfigApplier.class,
                ChildHaproxyDriver.class,
                Logger.class,
                LoggerContext.class,
                Context.class)
            .map(ChildHaproxyContainer::place)
            .toArray(String[]::new);
    HostMounts.into(this, List.of(mounts));
    HostMounts.into(
        this,
        IntStream.range(0, places.length)
            .mapToObj(number -> HostMounts.readOnly(places[number], inside(places, number)))
            .toList());
    String classPath =
        IntStream.range(0, places.length)
            .mapToObj(number -> inside(places, number))
            .collect(Collectors.joining(":"));
    // A shell as the first process, so that the container outlives a driver that is killed. Each
    // run finds another file of the program and another directory for temporary files.
    String script =
        """
        n=0
        while :; do
          n=$((n + 1))
          mkdir -p /tmp/run$n
          cp "$(command -v haproxy)" /tmp/haproxy.new && mv /tmp/haproxy.new /tmp/haproxy
          java -Xmx64m -Djava.io.tmpdir=/tmp/run$n -cp %s %s /tmp/haproxy %s
          sleep 1
        done
        """
            .formatted(classPath, DRIVER, target);
    withCreateContainerCmdModifier(command -> command.withEntrypoint("/bin/sh", "-c", script));
    withTmpFs(Map.of(SMALL, "size=32k,mode=1777"));
    withExposedPorts(ChildHaproxyDriver.PORT, SiteConfigs.PORT);
    waitingFor(
        Wait.forHttp("/status")
            .forPort(ChildHaproxyDriver.PORT)
            .withStartupTimeout(Duration.ofMinutes(2)));
  }

  String apply(String configuration) throws IOException, InterruptedException {
    return post("/apply", configuration);
  }

  String level() throws IOException, InterruptedException {
    return post("/level", "");
  }

  String tend() throws IOException, InterruptedException {
    return post("/tend", "");
  }

  String status() throws IOException, InterruptedException {
    return post("/status", "");
  }

  /** The header of the site, or why there is none. */
  String served() {
    try {
      // A client of its own: a connection that is kept stays with the worker before.
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(uri(SiteConfigs.PORT, "/"))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .headers()
          .firstValue(SiteConfigs.HEADER)
          .orElse("none");
    } catch (IOException e) {
      return "down";
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a command line in it. */
  String run(String line) throws IOException, InterruptedException {
    Container.ExecResult result = execInContainer(StandardCharsets.UTF_8, "sh", "-c", line);
    return (result.getStdout() + result.getStderr()).strip();
  }

  /** Processes by the name of their program, the oldest first; needs no tool but a shell. */
  List<String> processes(String program) throws IOException, InterruptedException {
    return run("grep -l '^%s$' /proc/[0-9]*/comm | tr -cd '0-9\\n' | sort -n".formatted(program))
        .lines()
        .filter(line -> !line.isBlank())
        .toList();
  }

  URI uri(int port, String path) {
    return URI.create("http://" + getHost() + ":" + getMappedPort(port) + path);
  }

  private String post(String path, String body) throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(uri(ChildHaproxyDriver.PORT, path))
                .timeout(Duration.ofMinutes(2))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static String place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String inside(String[] places, int number) {
    return "/cp/" + number + (places[number].endsWith(".jar") ? ".jar" : "");
  }
}
