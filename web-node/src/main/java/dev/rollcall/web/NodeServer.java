package dev.rollcall.web;

import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.server.RequestTrackingPlugin;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Header;
import io.javalin.http.MethodNotAllowedResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Javalin on Jetty with everything bounded, {@code /health}, and what a drain needs: each request
 * is counted, and once {@link #leaving()} was called every answer asks for its connection to be
 * closed.
 */
final class NodeServer {

  /** Where load balancers and container engines ask whether this node may get requests. */
  static final String HEALTH = "/health";

  static final String PLAIN = "text/plain;charset=utf-8";

  /** How long {@link #stop()} waits for requests in flight. */
  static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(NodeServer.class);

  private final Javalin javalin;
  private volatile boolean leaving;

  /** Serves the pages on a socket that {@link #listen} has bound. */
  NodeServer(ServerSocketChannel socket, RequestTracker tracker, Consumer<RoutesConfig> pages) {
    QueuedThreadPool threads = new QueuedThreadPool(64, 4);
    if (VirtualThreads.areSupported()) {
      threads.setVirtualThreadsExecutor(new VirtualThreadPool(256)); // at once; more wait
    }
    javalin =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.startup.showOldJavalinVersionWarning = false;
              config.startup.startupWatcherEnabled = false;
              config.http.prefer405over404 = true;
              config.http.compressionStrategy = CompressionStrategy.NONE;
              config.jetty.threadPool = threads;
              config.jetty.modifyServer(server -> server.setStopTimeout(STOP_LIMIT.toMillis()));
              config.jetty.modifyServer(s -> s.insertHandler(new ThreadChoice()));
              config.registerPlugin(new RequestTrackingPlugin(tracker, HEALTH::equals));
              config.jetty.addConnector((server, http) -> connector(server, http, socket));
              config.routes.before(ctx -> ctx.header("X-Content-Type-Options", "nosniff"));
              config.routes.before(ctx -> ctx.header("Cache-Control", "no-store"));
              config.routes.before(ctx -> ctx.header("Referrer-Policy", "no-referrer"));
              config.routes.get(HEALTH, this::health);
              config.routes.head(HEALTH, this::health);
              pages.accept(config.routes);
              config.routes.error(404, ctx -> plain(ctx, "not found"));
              config.routes.exception(MethodNotAllowedResponse.class, NodeServer::notAllowed);
              config.routes.error(500, ctx -> plain(ctx, "internal error"));
              config.routes.after(this::letGo);
            });
  }

  /** Takes a port, 0 for any free one, before all that must know its number. */
  static ServerSocketChannel listen(InetSocketAddress address) throws IOException {
    return ServerSocketChannel.open().bind(address, 1_024);
  }

  void start() {
    javalin.start();
  }

  void leaving() {
    leaving = true;
  }

  /** Waits for requests in flight, at most {@link #STOP_LIMIT}, and then cuts them off. */
  void stop() {
    try {
      // Not Javalin's, which logs a stack trace for what is no more than a slow request.
      javalin.jettyServer().server().stop();
    } catch (TimeoutException e) {
      LOG.warn("requests in flight for longer than {} s were cut off", STOP_LIMIT.toSeconds());
    } catch (Exception e) {
      LOG.error("the server did not stop in order", e);
    }
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, ServerSocketChannel socket) {
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(8 * 1_024);
    http.setResponseHeaderSize(8 * 1_024);
    http.setHeaderCacheSize(0); // else each busy connection costs a hundred kilobytes
    http.setUriCompliance(UriCompliance.DEFAULT);
    // Of threads that read and answer the page as many as Jetty thinks right: half the processors.
    ServerConnector connector = new ServerConnector(server, 1, -1, new HttpConnectionFactory(http));
    // A proxy must give up idle connections before the server does, or a request crosses the close.
    connector.setIdleTimeout(60_000);
    connector.setShutdownIdleTimeout(200);
    connector.addBean(new NetworkConnectionLimit(1_000, connector));
    try {
      connector.open(socket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return connector;
  }

  /** Whatever answers GET answers HEAD, which is not worth a word to people. */
  private static void notAllowed(MethodNotAllowedResponse refused, Context ctx) {
    String known = refused.getDetails().getOrDefault("availableMethods", "GET");
    String methods = known.replaceAll(", HEAD|HEAD, ", "");
    ctx.status(refused.getStatus()).header("Allow", methods.replace("GET", "GET, HEAD"));
    plain(ctx, "only " + methods);
  }

  private void health(Context ctx) {
    plain(ctx.status(leaving ? 503 : 200), leaving ? "leaving" : "ok");
  }

  private void letGo(Context ctx) {
    if (leaving) {
      ctx.header("Connection", "close");
    }
  }

  static void plain(Context ctx, String line) {
    ctx.contentType(PLAIN).result(line + "\n");
  }

  /**
   * The page never waits, so the thread that has read the request answers it, which spares two
   * switches of threads: more than the work itself. All else gets a thread of its own.
   */
  private static final class ThreadChoice extends Handler.Wrapper {

    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      // Not what stands behind a path that only means the same, nor a method that a header sets.
      if ("/".equals(request.getHttpURI().getPath())
          && (request.getMethod().equals("GET") || request.getMethod().equals("HEAD"))
          && !request.getHeaders().contains(Header.X_HTTP_METHOD_OVERRIDE)) {
        return super.handle(request, response, callback);
      }
      request.getComponents().getExecutor().execute(() -> handOn(request, response, callback));
      return true;
    }

    private void handOn(Request request, Response response, Callback callback) {
      try {
        if (!super.handle(request, response, callback)) {
          Response.writeError(request, response, callback, 404);
        }
      } catch (Throwable e) {
        Response.writeError(request, response, callback, e);
      }
    }
  }
}
