package dev.rollcall.lb.status;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code GET} and {@code HEAD} of a few paths. Whatever is sent to it, it takes a few
 * threads, a few connections and a few seconds at most, and reads no request's body. Thread-safe.
 */
public final class StatusServer implements AutoCloseable {
  /**
   * One per connection that sends: the JDK's server reads a request on the thread that answers it,
   * so a slow one must not make others wait.
   */
  private static final int THREADS = 32;

  private static final Logger log = LoggerFactory.getLogger(StatusServer.class);

  private static final int BACKLOG = 64;
  private static final String TEXT = "text/plain; charset=utf-8";

  /**
   * With every answer. A browser runs this server's own scripts alone, lets them make no markup out
   * of text, and shows nothing of it within other sites.
   *
   * @see <a href="https://www.w3.org/TR/CSP3/">Content Security Policy</a>
   */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Cache-Control",
          "no-store",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src"
              + " 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
              + " require-trusted-types-for 'script'; trusted-types 'none'");

  static {
    // The JDK's server reads its limits once, from system properties; whoever sets one on the
    // command line is right.
    Map<String, String> limits =
        Map.of(
            "sun.net.httpserver.maxReqTime", "5",
            "sun.net.httpserver.maxRspTime", "10",
            "sun.net.httpserver.idleInterval", "10",
            "sun.net.httpserver.maxIdleConnections", "16",
            "sun.net.httpserver.maxReqHeaders", "64",
            "sun.net.httpserver.maxReqHeaderSize", "16384",
            "sun.net.httpserver.drainAmount", "0",
            "jdk.httpserver.maxConnections", "64");
    limits.forEach((name, value) -> System.setProperty(name, System.getProperty(name, value)));
  }

  private final HttpServer server;
  private final ThreadPoolExecutor threads;

  private StatusServer(HttpServer server, ThreadPoolExecutor threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Starts a server.
   *
   * @param address where; port 0 takes any free one
   * @param handlers by path
   * @param hosts further host names that requests may use
   * @throws IOException if the address is not to be had
   */
  public static StatusServer start(
      InetSocketAddress address, Map<String, Handler> handlers, Collection<String> hosts)
      throws IOException {
    HttpServer server = HttpServer.create(address, BACKLOG);
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            0,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "status-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    StatusServer status = new StatusServer(server, threads);
    Map<String, Handler> known = Map.copyOf(handlers);
    AllowedHosts allowed = AllowedHosts.of(hosts);
    server.setExecutor(threads);
    server.createContext("/", exchange -> status.handle(exchange, known, allowed));
    server.start();
    return status;
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private void handle(HttpExchange exchange, Map<String, Handler> handlers, AllowedHosts hosts)
      throws IOException {
    try (exchange) {
      HEADERS.forEach(exchange.getResponseHeaders()::set);
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        exchange.getResponseHeaders().set("Connection", "close");
        send(exchange, Response.text(405, "only GET and HEAD"));
      } else if (!hosts.allow(exchange.getRequestHeaders().getOrDefault("Host", List.of()))) {
        send(
            exchange,
            Response.text(
                421,
                "lb-renderer does not answer to this name: if it is right, allow it with --status-host"));
      } else {
        send(exchange, respond(exchange.getRequestURI().getPath(), handlers));
      }
    }
  }

  private static Response respond(String path, Map<String, Handler> handlers) {
    Handler handler = handlers.get(path);
    if (handler == null) {
      return Response.text(
          404, "there are " + String.join(", ", handlers.keySet().stream().sorted().toList()));
    }
    try {
      return handler.handle();
    } catch (RuntimeException | Error e) {
      log.error("The status could not be served", e);
      return Response.text(500, "internal error, see the log");
    }
  }

  private static void send(HttpExchange exchange, Response response) throws IOException {
    byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", response.contentType());
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(response.code(), -1);
      return;
    }
    exchange.sendResponseHeaders(response.code(), body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  /** Stops at once. Idempotent. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** What a path answers with. Called on the server's threads, several at once. */
  @FunctionalInterface
  public interface Handler {
    /** The answer as of now. */
    Response handle();
  }

  /**
   * An answer.
   *
   * @param code HTTP's status code
   * @param contentType of the body
   * @param body the text
   */
  public record Response(int code, String contentType, String body) {
    /** Plain text. */
    public static Response text(int code, String body) {
      return new Response(code, TEXT, body + "\n");
    }

    /** JSON. */
    public static Response json(String body) {
      return new Response(200, "application/json; charset=utf-8", body + "\n");
    }
  }

  /**
   * The names under which the status is served. A page in somebody's browser can have its own name
   * resolve to an address of this machine (DNS rebinding), and would then read the status as its
   * own site's; the name in the request gives it away. Always allowed are addresses, {@code
   * localhost}, and names without a dot, as machines and containers have: no site of the public DNS
   * has one of these.
   */
  private record AllowedHosts(Set<String> further) {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern PORT = Pattern.compile(":\\d{0,5}$");

    /** Those that are always allowed, and further ones, in any case. */
    static AllowedHosts of(Collection<String> further) {
      return new AllowedHosts(
          further.stream().map(AllowedHosts::normal).collect(Collectors.toUnmodifiableSet()));
    }

    /**
     * Whether a request is meant for this server. One without a {@code Host} header, as before
     * HTTP/1.1, will do: no browser sends such a request.
     */
    boolean allow(List<String> headers) {
      return headers.isEmpty() || (headers.size() == 1 && allows(normal(headers.get(0))));
    }

    private boolean allows(String host) {
      return host.startsWith("[")
          ? host.endsWith("]")
          : !host.contains(".")
              || IPV4.matcher(host).matches()
              || host.endsWith(".localhost")
              || further.contains(host);
    }

    private static String normal(String host) {
      String name = PORT.matcher(host.strip()).replaceFirst("").toLowerCase(Locale.ROOT);
      return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
  }
}
