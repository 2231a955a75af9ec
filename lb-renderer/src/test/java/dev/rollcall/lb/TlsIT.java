package dev.rollcall.lb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.lb.haproxy.SelfSignedCertificate;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
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
import org.testcontainers.images.builder.Transferable;

/** The template {@code tls} with a real Consul and each HAProxy. */
class TlsIT {
  private static final Duration AWHILE = Duration.ofSeconds(60);
  private static final int TLS = 8443;
  private static final String REQUEST = ContainerSite.request("site.example.org", "/a?b");

  /** What the page says a renewal does: the file in one step, then a reload by the master. */
  private static final String RENEW =
      "cp /second.pem /tmp/certs/.new && mv /tmp/certs/.new /tmp/certs/site.pem"
          + " && for p in /proc/[0-9]*; do"
          + " if tr '\\0' ' ' <$p/cmdline | grep -q 'haproxy.*-W' &&"
          + " grep -q '^PPid:.1$' $p/status; then kill -USR2 ${p#/proc/}; echo told; fi; done";

  private final SSLContext trusting = SelfSignedCertificate.trusting();

  private static ContainerSite site(String image) {
    ContainerSite site =
        new ContainerSite(
                image,
                List.of("mkdir /tmp/certs", "cp /first.pem /tmp/certs/site.pem"),
                "--template /tls.mustache --output /tmp/haproxy.cfg",
                TLS)
            .withTemplate("tls.mustache");
    site.balancer()
        .withCopyToContainer(Transferable.of(SelfSignedCertificate.pem()), "/first.pem")
        .withCopyToContainer(Transferable.of(SelfSignedCertificate.pem()), "/second.pem")
        .withEnv("LB_CERTIFICATES", "/tmp/certs")
        .withEnv("LB_TLS_PORT", String.valueOf(TLS));
    return site;
  }

  private SSLSocket connect(ContainerSite site) throws IOException {
    return (SSLSocket)
        trusting
            .getSocketFactory()
            .createSocket(site.balancer().getHost(), site.balancer().getMappedPort(TLS));
  }

  private Answer get(ContainerSite site) throws IOException {
    try (SSLSocket socket = connect(site)) {
      socket.startHandshake();
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return new Answer(
          certificate.getSerialNumber().toString(), ContainerSite.exchange(socket, REQUEST));
    }
  }

  /** What a client and HAProxy agree on that would rather speak HTTP/2. */
  private String protocol(ContainerSite site) throws IOException {
    try (SSLSocket socket = connect(site)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket.getApplicationProtocol();
    }
  }

  /** Which certificate was shown, and what came. */
  private record Answer(String certificate, String text) {
    /** The status code and the instance. */
    String instance() {
      return ContainerSite.codeAndBody(text);
    }
  }

  /** Visitors that count what they get, each time by a connection of their own. */
  private final class Visitors implements AutoCloseable {
    private final AtomicBoolean enough = new AtomicBoolean();
    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private final Map<String, Integer> instances = new ConcurrentHashMap<>();
    private final Map<String, Integer> certificates = new ConcurrentHashMap<>();
    private final Future<?> visit;

    Visitors(ContainerSite site) {
      visit =
          threads.submit(
              () -> {
                while (!enough.get()) {
                  try {
                    Answer answer = get(site);
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
    try (ContainerSite site = site(image)) {
      site.register("web", 9101, Map.of());
      site.register("web", 9102, Map.of());
      site.balancer().start();
      await()
          .atMost(AWHILE)
          .ignoreExceptions()
          .until(() -> get(site).instance().startsWith("200 910"));

      assertThat(get(site).text())
          .containsIgnoringCase("strict-transport-security: max-age=31536000");
      assertThat(protocol(site)).isEqualTo("h2");
      assertThat(site.exchange(ContainerSite.PLAIN, REQUEST))
          .startsWith("HTTP/1.1 308 ")
          .containsIgnoringCase("location: https://site.example.org/a?b\r\n");
      assertThat(
              site.balancer()
                  .execInContainer("haproxy", "-dW", "-c", "-f", "/tmp/haproxy.cfg")
                  .getExitCode())
          .isZero();

      try (Visitors visitors = new Visitors(site)) {
        site.register("web", 9103, Map.of());
        await().atMost(AWHILE).until(() -> visitors.have("200 9103"));
        site.consul().deregister("web-9101");
        assertThat(site.balancer().execInContainer("sh", "-c", RENEW).getStdout())
            .isEqualTo("told\n");
        await().atMost(AWHILE).until(() -> visitors.certificates.size() == 2);
        site.register("web", 9104, Map.of());
        await().atMost(AWHILE).until(() -> visitors.have("200 9104"));
        assertThat(visitors.instances())
            .containsOnlyKeys("200 9101", "200 9102", "200 9103", "200 9104");
      }
    }
  }
}
