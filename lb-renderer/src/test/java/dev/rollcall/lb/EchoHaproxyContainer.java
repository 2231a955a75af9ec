package dev.rollcall.lb;

import dev.rollcall.lb.consul.CatalogSnapshot;
import dev.rollcall.lb.consul.Pool;
import dev.rollcall.lb.haproxy.SelfSignedCertificate;
import dev.rollcall.lb.template.HaproxyTemplate;
import dev.rollcall.lb.template.ServerNames;
import dev.rollcall.lb.template.TemplateEnvironment;
import dev.rollcall.lb.template.TemplateException;
import dev.rollcall.lb.template.TemplateSource;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * HAProxy with the configuration that a template gives, before a server that the same HAProxy
 * plays: it answers with what it was sent, each byte; or, to {@code Upgrade: websocket}, agrees to
 * it and says so in the new protocol.
 */
final class EchoHaproxyContainer extends GenericContainer<EchoHaproxyContainer> {
  private static final int PATIENCE_MS = 10_000;

  private static final String SERVER =
      """
      global
          lua-load /tmp/recorder.lua
      defaults recorded
          mode tcp
          timeout client 30s
      frontend recorder from recorded
          bind 127.0.0.1:8080
          tcp-request content use-service lua.record
      """;

  /** A header block is read line by line; a body as far as its length or its last chunk. */
  private static final String RECORDER =
      """
      core.register_service("record", "tcp", function(applet)
        local got, length, chunked, upgrade = "", 0, false, false
        while true do
          local line = applet:getline()
          if line == nil or line == "" then return end
          got = got .. line
          local lower = line:lower()
          length = tonumber(lower:match("^content%-length:%s*(%d+)")) or length
          chunked = chunked or lower:match("^transfer%-encoding:.*chunked") ~= nil
          upgrade = upgrade or lower:match("^upgrade:%s*websocket") ~= nil
          if line == "\\r\\n" then break end
        end
        if upgrade then
          applet:send("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\\r\\n\\r\\n")
          applet:send("agreed\\n")
          return
        end
        if chunked then
          repeat
            local line = applet:getline()
            got = got .. line
          until line == "" or line == "\\r\\n"
        elseif length > 0 and length < 10000 then
          got = got .. applet:receive(length)
        end
        applet:send("HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " .. #got .. "\\r\\n\\r\\n" .. got)
      end)
      """;

  private final String name;
  private final boolean tls;

  /** Of a template whose site is plain HTTP. */
  EchoHaproxyContainer(String image, TemplateSource source) throws TemplateException {
    this(image, source, false);
  }

  private EchoHaproxyContainer(String image, TemplateSource source, boolean tls)
      throws TemplateException {
    super(DockerImageName.parse(image));
    this.tls = tls;
    name = image + " with " + source.name();
    CatalogSnapshot pool =
        CatalogSnapshot.of(
            Map.of("web", Pool.of(List.of(TestInstances.at("web-1", "127.0.0.1", 8080)))));
    String text =
        HaproxyTemplate.compile(source.name(), source.read(), new TemplateEnvironment(Map.of()))
            .render(pool, ServerNames.NONE)
            .text()
            // The recorder is no web server that could be asked for its health.
            .replaceAll("(?m)^( +server web-1 .*) check$", "$1");
    withCopyToContainer(Transferable.of(text + SERVER), "/tmp/haproxy.cfg");
    withCopyToContainer(Transferable.of(RECORDER), "/tmp/recorder.lua");
    if (tls) {
      withCopyToContainer(
          Transferable.of(SelfSignedCertificate.pem()), "/etc/haproxy/certs/site.pem");
    }
    withCreateContainerCmdModifier(
        command -> command.withEntrypoint("haproxy", "-W", "-db", "-f", "/tmp/haproxy.cfg"));
    withExposedPorts(port());
    withLabels(Map.of("dev.rollcall.test", String.valueOf(ProcessHandle.current().pid())));
  }

  /** Of a template whose site is HTTPS; its certificate is where the template has it by default. */
  static EchoHaproxyContainer withTls(String image, TemplateSource source)
      throws TemplateException {
    return new EchoHaproxyContainer(image, source, true);
  }

  /** Where the site is, inside. */
  int port() {
    return tls ? 443 : 80;
  }

  String scheme() {
    return tls ? "https" : "http";
  }

  /** For the names of the tests: which HAProxy, and the template. */
  @Override
  public String toString() {
    return name;
  }

  /** All that comes back until HAProxy closes; a client that may say anything, byte for byte. */
  String exchange(String request) throws IOException {
    try (Socket socket = connect();
        InputStream in = socket.getInputStream()) {
      socket.setSoTimeout(PATIENCE_MS);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      // Half-closed: HAProxy answers what it has, and does not wait for more.
      socket.shutdownOutput();
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (SocketTimeoutException e) {
      throw new IOException("not closed within " + PATIENCE_MS + " ms", e);
    }
  }

  private Socket connect() throws IOException {
    return tls
        ? SelfSignedCertificate.trusting()
            .getSocketFactory()
            .createSocket(getHost(), getMappedPort(port()))
        : new Socket(getHost(), getMappedPort(port()));
  }
}
