package dev.rollcall.discovery.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.Registration;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** A whole service without any framework. */
public final class PlainMain {

  private final RequestTracker traffic = new RequestTracker();

  public static void main(String[] arguments) throws IOException {
    ConsulOptions options;
    try {
      options = ConsulOptions.fromEnvironment();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage()); // one line: which variable, its value, what is wanted
      System.exit(2);
      return;
    }
    LeaveOnTerminate leave = new PlainMain().serve(Discovery.connect(options));
    Runtime.getRuntime().addShutdownHook(leave.asShutdownHook());
  }

  LeaveOnTerminate serve(Discovery discovery) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(0), 0);
    server.createContext("/", this::hello);
    server.start();

    // Only now is the port known.
    int port = server.getAddress().getPort();
    Registration registration =
        discovery.register(ServiceDefinition.named("hello").port(port).tag("plain").build());

    return LeaveOnTerminate.builder()
        .registration(registration)
        .traffic(traffic)
        .stopServer(() -> server.stop(1))
        .then(discovery)
        .build();
  }

  private void hello(HttpExchange exchange) throws IOException {
    traffic.requestStarted();
    try (exchange) {
      byte[] body = "hello\n".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    } finally {
      traffic.requestFinished();
    }
  }
}
