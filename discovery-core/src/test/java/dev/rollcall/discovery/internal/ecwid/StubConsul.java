package dev.rollcall.discovery.internal.ecwid;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.rollcall.discovery.ConsulOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** An HTTP server on the loopback that answers as the test says, and notes what it was sent. */
final class StubConsul implements AutoCloseable {

  /** What was sent. */
  record Sent(String method, String uri, List<String> token, String body) {}

  /** Answers one request. */
  interface Reply {
    void to(HttpExchange exchange) throws IOException;
  }

  private final CountDownLatch closed = new CountDownLatch(1);
  private final @Nullable SSLContext tls;
  private HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Sent> sent = new CopyOnWriteArrayList<>();
  private volatile Reply reply = status(200, "");
  private volatile Reply leaderCheck = page("1", "[]");

  StubConsul() throws IOException {
    this(0, null);
  }

  /** One that speaks TLS, with those who show a certificate that the context trusts. */
  StubConsul(int port, @Nullable SSLContext tls) throws IOException {
    this.tls = tls;
    server = start(port);
  }

  private HttpServer start(int port) throws IOException {
    InetSocketAddress at = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    HttpServer started =
        tls == null ? HttpServer.create(at, 0) : mutual(HttpsServer.create(at, 0), tls);
    started.setExecutor(threads);
    started.createContext("/", this::handle);
    started.start();
    return started;
  }

  /** Closes every connection, and takes new ones at the same address. */
  void restart() throws IOException {
    int port = server.getAddress().getPort();
    server.stop(0);
    server = start(port);
  }

  private static HttpServer mutual(HttpsServer server, SSLContext context) {
    server.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters wanted = context.getDefaultSSLParameters();
            wanted.setNeedClientAuth(true);
            parameters.setSSLParameters(wanted);
          }
        });
    return server;
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (exchange.getRequestURI().getPath().equals(LeaderCheck.PATH)) {
      try (exchange) {
        leaderCheck.to(exchange);
      }
      return;
    }
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    sent.add(
        new Sent(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            exchange.getRequestHeaders().getOrDefault("X-Consul-Token", List.of()),
            body));
    try (exchange) {
      reply.to(exchange);
    }
  }

  static Reply status(int status, String body) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /** An answer as an agent without ACLs gives it. */
  static Reply page(String index, String body) {
    return page(index, body, Map.of("X-Consul-Default-Acl-Policy", "allow"));
  }

  static Reply page(String index, String body, Map<String, String> headers) {
    return exchange -> {
      exchange.getResponseHeaders().set("X-Consul-Index", index);
      headers.forEach(exchange.getResponseHeaders()::set);
      status(200, body).to(exchange);
    };
  }

  /** Sends a byte now and then, without end. */
  Reply trickle(Duration pause) {
    return exchange -> {
      exchange.sendResponseHeaders(200, 0);
      try {
        while (!closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
          exchange.getResponseBody().write(' ');
          exchange.getResponseBody().flush();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    };
  }

  /** A reply after which the connection ends. */
  static Reply once(Reply reply) {
    return exchange -> {
      exchange.getResponseHeaders().set("Connection", "close");
      reply.to(exchange);
    };
  }

  /** Answers the leader check, which is not noted; by default there is a leader. */
  void repliesToLeaderCheck(Reply reply) {
    leaderCheck = reply;
  }

  void replies(Reply reply) {
    this.reply = reply;
  }

  List<Sent> sent() {
    return sent;
  }

  URI address() {
    return URI.create(
        (tls == null ? "http" : "https") + "://127.0.0.1:" + server.getAddress().getPort());
  }

  ConsulOptions.Builder options() {
    return ConsulOptions.builder().address(address()).callTimeout(Duration.ofSeconds(2));
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
