package dev.rollcall.discovery.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.rollcall.discovery.RequestTracker;
import io.javalin.Javalin;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The filter, the handler and the plugin, each in a server that is asked over a socket. */
class RequestTrackingTest {

  private static final Predicate<String> HEALTH = "/health"::equals;

  private final RequestTracker tracker = new RequestTracker();
  private final CompletableFuture<String> answer = new CompletableFuture<>();
  private final CompletableFuture<String> health = new CompletableFuture<>();
  private final Pages pages = new Pages();
  private final HttpClient http = HttpClient.newHttpClient();
  private AutoCloseable server = () -> {};
  private int port;

  enum Kind {
    FILTER_IN_JETTY,
    FILTER_IN_TOMCAT,
    HANDLER,
    PLUGIN
  }

  /** Serves at once, later, after a dispatch, or never; by the path. */
  private final class Pages extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      switch (request.getPathInfo() == null ? request.getServletPath() : request.getPathInfo()) {
        case "/now" -> response.getWriter().print(answer.join());
        case "/health" -> response.getWriter().print(health.join());
        case "/later" -> {
          AsyncContext async = request.startAsync();
          async.setTimeout(30_000);
          var unused =
              answer.thenAccept(
                  text -> {
                    print(async, text);
                    async.complete();
                  });
        }
        case "/again" -> {
          AsyncContext async = request.startAsync();
          async.dispatch(request.getDispatcherType() == DispatcherType.ASYNC ? "/later" : "/again");
        }
        case "/timeout" -> request.startAsync().setTimeout(100);
        default -> throw new IllegalStateException("as asked for");
      }
    }

    private void print(AsyncContext async, String text) {
      try {
        async.getResponse().getWriter().print(text);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void start(Kind kind) throws Exception {
    switch (kind) {
      case FILTER_IN_JETTY -> {
        ServletContextHandler context = context();
        FilterHolder filter = new FilterHolder(new RequestTrackingFilter(tracker, HEALTH));
        filter.setAsyncSupported(true);
        context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC));
        startJetty(context, false);
      }
      case FILTER_IN_TOMCAT -> startTomcat();
      case HANDLER -> startJetty(context(), true);
      case PLUGIN -> {
        Javalin app =
            Javalin.create(
                config -> {
                  config.startup.showJavalinBanner = false;
                  config.registerPlugin(new RequestTrackingPlugin(tracker, HEALTH));
                  config.routes.get("/now", context -> context.result(answer.join()));
                  config.routes.get("/health", context -> context.result(health.join()));
                  for (String later : List.of("/later", "/again")) {
                    config.routes.get(
                        later, context -> context.future(() -> answer.thenAccept(context::result)));
                  }
                  config.routes.get(
                      "/timeout",
                      context ->
                          context.future(
                              () -> CompletableFuture.failedFuture(new TimeoutException())));
                  config.routes.get(
                      "/error",
                      context -> {
                        throw new IllegalStateException("as asked for");
                      });
                });
        app.start("127.0.0.1", 0);
        port = app.port();
        server = app::stop;
      }
    }
  }

  private ServletHolder holder() {
    ServletHolder holder = new ServletHolder(pages);
    holder.setAsyncSupported(true);
    return holder;
  }

  private ServletContextHandler context() {
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(holder(), "/*");
    return context;
  }

  private void startJetty(ServletContextHandler context, boolean handler) throws Exception {
    Server jetty = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    jetty.setHandler(context);
    if (handler) {
      jetty.insertHandler(new RequestTrackingHandler(tracker, HEALTH));
    }
    jetty.start();
    port = ((NetworkConnector) jetty.getConnectors()[0]).getLocalPort();
    server = jetty::stop;
  }

  private void startTomcat() throws Exception {
    Path base = Files.createTempDirectory("tomcat");
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(base.toString());
    tomcat.setPort(0);
    Context context = tomcat.addContext("", base.toString());
    Tomcat.addServlet(context, "pages", pages).setAsyncSupported(true);
    context.addServletMapping("/*", "pages");
    FilterDef filter = new FilterDef();
    filter.setFilterName("tracking");
    filter.setFilter(new RequestTrackingFilter(tracker, HEALTH));
    filter.setAsyncSupported("true");
    context.addFilterDef(filter);
    FilterMap map = new FilterMap();
    map.setFilterName("tracking");
    map.addURLPattern("/*");
    map.setDispatcher("REQUEST");
    map.setDispatcher("ASYNC");
    context.addFilterMap(map);
    tomcat.start();
    port = tomcat.getConnector().getLocalPort();
    server =
        () -> {
          tomcat.stop();
          tomcat.destroy();
        };
  }

  @AfterEach
  void stop() throws Exception {
    answer.complete("over");
    health.complete("over");
    server.close();
  }

  private CompletableFuture<HttpResponse<String>> get(String path) {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return http.sendAsync(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private void awaitInFlight(int count) {
    await().atMost(Duration.ofSeconds(20)).until(() -> tracker.inFlight() == count);
  }

  private static void assertAnswered(CompletableFuture<HttpResponse<String>> request)
      throws Exception {
    assertThat(request.get(20, TimeUnit.SECONDS).body()).isEqualTo("at last");
  }

  @ParameterizedTest
  @EnumSource
  void aRequestIsCountedUntilItIsComplete(Kind kind) throws Exception {
    start(kind);
    CompletableFuture<HttpResponse<String>> now = get("/now");
    CompletableFuture<HttpResponse<String>> later = get("/later");
    CompletableFuture<HttpResponse<String>> again = get("/again");
    awaitInFlight(3);
    assertThat(now).isNotDone();
    answer.complete("at last");
    assertAnswered(now);
    assertAnswered(later);
    assertAnswered(again);
    awaitInFlight(0);
  }

  @ParameterizedTest
  @EnumSource
  void oneThatFailsIsCompleteToo(Kind kind) throws Exception {
    start(kind);
    assertThat(get("/error").get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(500);
    assertThat(get("/timeout").get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(500);
    awaitInFlight(0);
  }

  @ParameterizedTest
  @EnumSource
  void oneWhoseClientHasGoneIsCompleteWhenItIsServed(Kind kind) throws Exception {
    start(kind);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String request = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      awaitInFlight(1);
    }
    answer.complete("at last");
    awaitInFlight(0);
  }

  @ParameterizedTest
  @EnumSource
  void aHealthCheckDoesNotEndTheQuiet(Kind kind) throws Exception {
    start(kind);
    health.complete("well");
    Duration quiet = tracker.quietFor();
    assertThat(get("/health").get(20, TimeUnit.SECONDS).body()).isEqualTo("well");
    assertThat(tracker.quietFor()).isGreaterThan(quiet);
  }
}
