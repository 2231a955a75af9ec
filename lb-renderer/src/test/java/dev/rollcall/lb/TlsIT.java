package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.ServiceInstance;
import dev.rollcall.lb.haproxy.SelfSignedCertificate;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/** The template {@code tls} with a real Consul and each HAProxy. */
class TlsIT {
  private static final Duration AWHILE = Duration.ofSeconds(60);
  private static final int PLAIN = 8080;
  private static final int TLS = 8443;
  private static final int STATUS = 8404;

  /** Another HAProxy plays the instances: each port answers with its number. */
  private static final String NODES =
      """
      defaults
        mode http
        timeout client 30s
      frontend nodes
        bind 127.0.0.1:9101-9110
        http-request return status 200 content-type text/plain lf-string %[dst_port]
      """;

  private static final String SCRIPT =
      "mkdir /tmp/certs && cp /first.pem /tmp/certs/site.pem"
          + " && haproxy -D -f /nodes.cfg && exec java -Xmx128m -XX:TieredStopAtLevel=1"
          + " -jar /lb-renderer.jar --haproxy \"$(command -v haproxy)\" --allow-loopback yes"
          + " --listen 0.0.0.0:8404 --consul http://consul:8500 --min-servers 0"
          + " --template /tls.mustache --output /tmp/haproxy.cfg";

  /** What the page says a renewal does: the file in one step, then a reload by the master. */
  private static final String RENEW =
      "cp /second.pem /tmp/certs/.new && mv /tmp/certs/.new /tmp/certs/site.pem"
          + " && for p in /proc/[0-9]*; do"
          + " if tr '\\0' ' ' <$p/cmdline | grep -q 'haproxy.*-W' &&"
          + " grep -q '^PPid:.1$' $p/status; then kill -USR2 ${p#/proc/}; echo told; fi; done";

  private static final class Site implements AutoCloseable {
    private final Network network = Network.newNetwork();
    private final ConsulContainer consul = new ConsulContainer();
    private final GenericContainer<?> balancer;
    private final SSLContext trusting = SelfSignedCertificate.trusting();

    Site(String image) {
      consul.withNetwork(network).withNetworkAliases("consul");
      consul.start();
      balancer =
          new GenericContainer<>(DockerImageName.parse(image))
              .withNetwork(network)
              .withLabel("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid()))
              .withCopyFileToContainer(
                  MountableFile.forHostPath(Path.of("target/lb-renderer.jar"), 0644),
                  "/lb-renderer.jar")
              .withCopyFileToContainer(
                  MountableFile.forHostPath(Path.of("../compose/templates/tls.mustache"), 0644),
                  "/tls.mustache")
              .withCopyToContainer(Transferable.of(NODES), "/nodes.cfg")
              .withCopyToContainer(Transferable.of(SelfSignedCertificate.pem()), "/first.pem")
              .withCopyToContainer(Transferable.of(SelfSignedCertificate.pem()), "/second.pem")
              .withEnv("LB_CERTIFICATES", "/tmp/certs")
              .withEnv("LB_SITE_PORT", String.valueOf(PLAIN))
              .withEnv("LB_TLS_PORT", String.valueOf(TLS))
              .withCreateContainerCmdModifier(
                  command -> command.withEntrypoint("/bin/sh", "-c", SCRIPT))
              .withExposedPorts(STATUS, PLAIN, TLS)
              .waitingFor(
                  Wait.forHttp("/readyz")
                      .forPort(STATUS)
                      .withStartupTimeout(Duration.ofMinutes(2)));
    }

    void register(int port) {
      assertThat(
              consul.registers(
                  ServiceInstance.builder("web", "127.0.0.1", port).id("web-" + port).build()))
          .isTrue();
    }

    private Answer get() throws IOException {
      try (SSLSocket socket =
          (SSLSocket)
              trusting
                  .getSocketFactory()
                  .createSocket(balancer.getHost(), balancer.getMappedPort(TLS))) {
        socket.startHandshake();
        X509Certificate certificate =
            (X509Certificate) socket.getSession().getPeerCertificates()[0];
        return new Answer(certificate.getSerialNumber().toString(), exchange(socket));
      }
    }

    /** What a client and HAProxy agree on that would rather speak HTTP/2. */
    private String protocol() throws IOException {
      try (SSLSocket socket =
          (SSLSocket)
              trusting
                  .getSocketFactory()
                  .createSocket(balancer.getHost(), balancer.getMappedPort(TLS))) {
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket.getApplicationProtocol();
      }
    }

    private String plain() throws IOException {
      try (Socket socket = new Socket(balancer.getHost(), balancer.getMappedPort(PLAIN))) {
        return exchange(socket);
      }
    }

    private static String exchange(Socket socket) throws IOException {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              "GET /a?b HTTP/1.1\r\nHost: site.example.org\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
      balancer.stop();
      consul.stop();
      network.close();
    }
  }

  /** Which certificate was shown, and what came. */
  private record Answer(String certificate, String text) {
    /** The status code and the instance. */
    String instance() {
      return text.substring(9, 12) + text.substring(text.lastIndexOf('\n') + 1);
    }
  }

  /** Visitors that count what they get, each time by a connection of their own. */
  private static final class Visitors implements AutoCloseable {
    private final AtomicBoolean enough = new AtomicBoolean();
    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private final Map<String, Integer> instances = new ConcurrentHashMap<>();
    private final Map<String, Integer> certificates = new ConcurrentHashMap<>();
    private final Future<?> visit;

    Visitors(Site site) {
      visit =
          threads.submit(
              () -> {
                while (!enough.get()) {
                  try {
                    Answer answer = site.get();
                    instances.merge(answer.instance(), 1, Integer::sum);
                    certificates.merge(answer.certificate(), 1, Integer::sum);
                  } catch (IOException e) {
                    instances.merge(e.toString(), 1, Integer::sum);
                  }
                }
              });
    }

    boolean have(String instance) {
      return instances.containsKey(instance);
    }

    Map<String, Integer> instances() throws Exception {
      enough.set(true);
      visit.get(60, TimeUnit.SECONDS);
      return new TreeMap<>(instances);
    }

    @Override
    public void close() {
      enough.set(true);
      threads.shutdownNow();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rollcall.lb.TestImages#haproxiesWithJava")
  void instancesAndCertificatesChangeUnderHttpsWithNoRequestLost(String image) throws Exception {
    try (Site site = new Site(image)) {
      site.register(9101);
      site.register(9102);
      site.balancer.start();
      await()
          .atMost(AWHILE)
          .ignoreExceptions()
          .until(() -> site.get().instance().startsWith("200910"));

      assertThat(site.get().text())
          .containsIgnoringCase("strict-transport-security: max-age=31536000");
      assertThat(site.protocol()).isEqualTo("h2");
      assertThat(site.plain())
          .startsWith("HTTP/1.1 308 ")
          .containsIgnoringCase("location: https://site.example.org/a?b\r\n");
      assertThat(
              site.balancer
                  .execInContainer("haproxy", "-dW", "-c", "-f", "/tmp/haproxy.cfg")
                  .getExitCode())
          .isZero();

      try (Visitors visitors = new Visitors(site)) {
        site.register(9103);
        await().atMost(AWHILE).until(() -> visitors.have("2009103"));
        site.consul.deregister("web-9101");
        assertThat(site.balancer.execInContainer("sh", "-c", RENEW).getStdout())
            .isEqualTo("told\n");
        await().atMost(AWHILE).until(() -> visitors.certificates.size() == 2);
        site.register(9104);
        await().atMost(AWHILE).until(() -> visitors.have("2009104"));
        assertThat(visitors.instances())
            .containsOnlyKeys("2009101", "2009102", "2009103", "2009104");
      }
    }
  }
}
