package dev.rollcall.web;

import dev.rollcall.discovery.RequestTracker;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.MethodNotAllowedResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Javalin on Jetty with everything bounded, {@code /health}, and the two things that a drain needs:
 * each request is reported to {@link RequestTracker}, and once {@link #leaving()} was called every
 * answer asks the client to close its connection. Thread-safe once started.
 */
final class NodeServer {

  private static final Logger LOG = LoggerFactory.getLogger(NodeServer.class);

  /** Where load balancers and container engines ask whether this node may get requests. */
  static final String HEALTH = "/health";

  /** The type of everything that is not a page. */
  static final String PLAIN = "text/plain;charset=utf-8";

  /** How long {@link #stop()} waits for requests in flight. */
  static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /**
   * A proxy that keeps idle connections must give them up before the server does, or a request
   * crosses the close and is lost. HAProxy purges its pools after seconds; a minute is far from it.
   */
  private static final Duration KEEP_ALIVE = Duration.ofMinutes(1);

  /** How long a connection without a request may hold up {@link #stop()}. */
  private static final Duration IDLE_AT_STOP = Duration.ofMillis(200);

  private static final int CONNECTIONS = 1_000;

  /** Requests worked on at once, where a request costs no thread of the platform; more wait. */
  private static final int REQUESTS = 256;

  private static final int THREADS = 64;
  private static final int BACKLOG = 1_024;
  private static final int HEADER_BYTES = 8 * 1_024;

  private final Javalin javalin;
  private volatile boolean leaving;

  /**
   * @param socket bound already, see {@link #listen}; the server closes it
   * @param traffic told of every request but health checks
   * @param pages adds what this node serves
   */
  NodeServer(ServerSocketChannel socket, RequestTracker traffic, Consumer<RoutesConfig> pages) {
    this.javalin =
        Javalin.create(
            config -> {
              configure(config);
              config.jetty.threadPool = threads();
              config.jetty.modifyServer(server -> server.setStopTimeout(STOP_LIMIT.toMillis()));
              config.jetty.modifyServer(s -> s.insertHandler(new ThreadHandler(HostPage::answers)));
              config.jetty.modifyServer(s -> s.insertHandler(new TrafficHandler(traffic)));
              config.jetty.modifyHttpConfiguration(NodeServer::bound);
              config.jetty.addConnector((server, http) -> connector(server, http, socket));
              config.routes.before(NodeServer::protect);
              config.routes.get(HEALTH, this::health);
              config.routes.head(HEALTH, this::health);
              pages.accept(config.routes);
              config.routes.error(404, ctx -> plain(ctx, "not found"));
              config.routes.exception(MethodNotAllowedResponse.class, NodeServer::notAllowed);
              config.routes.error(500, ctx -> plain(ctx, "internal error"));
              config.routes.after(this::letGo);
            });
  }

  /**
   * Takes a port before anything else is made, so that a port that is taken is found out first and
   * the number is known to all that comes after.
   *
   * @param address where to listen; port 0 takes any free one
   * @throws IOException if the port is taken or not permitted
   */
  static ServerSocketChannel listen(InetSocketAddress address) throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open();
    try {
      return socket.bind(address, BACKLOG);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Begins to accept requests. */
  void start() {
    javalin.start();
  }

  /** From now on {@code /health} says 503 and answers ask for their connection to be closed. */
  void leaving() {
    leaving = true;
  }

  /** Stops; waits for requests in flight, at most {@link #STOP_LIMIT}, and then cuts them off. */
  void stop() {
    try {
      // Jetty's own stop, since Javalin's logs a stack trace for what is no more than a slow
      // request.
      javalin.jettyServer().server().stop();
    } catch (TimeoutException e) {
      LOG.warn("requests in flight for longer than {} s were cut off", STOP_LIMIT.toSeconds());
    } catch (Exception e) {
      LOG.error("the server did not stop in order", e);
    }
  }

  private static void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.prefer405over404 = true;
    config.http.compressionStrategy = CompressionStrategy.NONE;
  }

  private static QueuedThreadPool threads() {
    QueuedThreadPool pool = new QueuedThreadPool(THREADS, 4);
    pool.setName("http");
    if (VirtualThreads.areSupported()) {
      VirtualThreadPool virtual = new VirtualThreadPool();
      virtual.setName("http-request");
      virtual.setMaxConcurrentTasks(REQUESTS);
      pool.setVirtualThreadsExecutor(virtual);
    }
    return pool;
  }

  private static void bound(HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setResponseHeaderSize(HEADER_BYTES);
    // Else each busy connection costs a hundred kilobytes, for a cache of header fields.
    http.setHeaderCacheSize(0);
    http.setUriCompliance(UriCompliance.DEFAULT);
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, ServerSocketChannel socket) {
    // Of threads that read and answer the page as many as Jetty thinks right: half the processors.
    ServerConnector connector = new ServerConnector(server, 1, -1, new HttpConnectionFactory(http));
    connector.setIdleTimeout(KEEP_ALIVE.toMillis());
    connector.setShutdownIdleTimeout(IDLE_AT_STOP.toMillis());
    connector.addBean(new NetworkConnectionLimit(CONNECTIONS, connector));
    try {
      connector.open(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return connector;
  }

  private static void protect(Context ctx) {
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Cache-Control", "no-store");
    ctx.header("Referrer-Policy", "no-referrer");
  }

  private static void notAllowed(MethodNotAllowedResponse refused, Context ctx) {
    // Whatever answers GET answers HEAD, which is not worth a word to people.
    String methods =
        refused
            .getDetails()
            .getOrDefault("availableMethods", "GET")
            .replaceAll(", HEAD|HEAD, ", "");
    plain(
        ctx.status(refused.getStatus()).header("Allow", methods.replace("GET", "GET, HEAD")),
        "only " + methods);
  }

  private void health(Context ctx) {
    if (leaving) {
      plain(ctx.status(HttpStatus.SERVICE_UNAVAILABLE), "leaving");
    } else {
      plain(ctx, "ok");
    }
  }

  private void letGo(Context ctx) {
    if (leaving) {
      ctx.header("Connection", "close");
    }
  }

  /** One line of plain text. */
  static void plain(Context ctx, String line) {
    ctx.contentType(PLAIN).result(line + "\n");
  }
}
