package dev.rollcall.lb;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/**
 * lb-renderer with HAProxy as its child, before nodes that another HAProxy plays on ports 9001 to
 * 9020; and visitors.
 */
final class RendererContainer extends GenericContainer<RendererContainer> {
  static final String NAME = "renderer";
  static final int STATUS = 8404;
  private static final int SITE = 8080;
  private static final String TEMPLATE =
      """
      global
        stats timeout 2m
      defaults http
        mode http
        timeout connect 2s
        timeout client 30s
        timeout server 30s
        default-server inter 1s fastinter 300ms fall 2 rise 1
      frontend site from http
        bind :8080
        default_backend web
      backend web from http
        balance roundrobin
        option httpchk GET /health
      {{#services.web}}
        server {{name}} {{address}}:{{port}} weight {{weight}} check
      {{/services.web}}
      """;

  /** Another HAProxy plays them. */
  private static final String NODES =
      """
      defaults
        mode http
        timeout client 30s
      frontend nodes
        bind 127.0.0.1:9001-9020
        http-request return status 200 content-type text/plain string ok
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final ScheduledExecutorService visitors = Executors.newSingleThreadScheduledExecutor();

  RendererContainer(Network network, String consul) {
    super(DockerImageName.parse(TestImages.haproxyWithJava()));
    withNetwork(network);
    withNetworkAliases(NAME);
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
    withCopyFileToContainer(
        MountableFile.forHostPath(Path.of("target/lb-renderer.jar"), 0644), "/lb-renderer.jar");
    withCopyToContainer(Transferable.of(TEMPLATE), "/web.mustache");
    withCopyToContainer(Transferable.of(NODES), "/nodes.cfg");
    String script =
        "haproxy -D -f /nodes.cfg && exec java -Xmx128m -XX:TieredStopAtLevel=1 -jar /lb-renderer.jar"
            + " --haproxy \"$(command -v haproxy)\" --template /web.mustache"
            + " --output /tmp/haproxy.cfg --allow-loopback yes --listen 0.0.0.0:"
            + STATUS
            + " --consul "
            + consul;
    withCreateContainerCmdModifier(command -> command.withEntrypoint("/bin/sh", "-c", script));
    withExposedPorts(STATUS, SITE);
    waitingFor(Wait.forHttp("/readyz").forPort(STATUS).withStartupTimeout(Duration.ofMinutes(2)));
  }

  /** Has visitors come at an even pace until it is stopped. */
  void generateLoad(int perSecond) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + getMappedPort(SITE) + "/"))
            .timeout(Duration.ofSeconds(10))
            .build();
    var unused =
        visitors.scheduleAtFixedRate(
            () -> {
              try {
                http.send(request, HttpResponse.BodyHandlers.discarding());
              } catch (IOException e) {
                // One that finds nobody in is followed by others.
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            0,
            TimeUnit.SECONDS.toMicros(1) / perSecond,
            TimeUnit.MICROSECONDS);
  }

  @Override
  public void stop() {
    visitors.shutdownNow();
    super.stop();
  }
}
