package dev.rollcall.discovery.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rollcall.discovery.ConsulOptions;
import dev.rollcall.discovery.Discovery;
import dev.rollcall.discovery.LeaveOnTerminate;
import dev.rollcall.discovery.RequestTracker;
import dev.rollcall.discovery.ServiceDefinition;
import java.io.IOException;
import java.net.InetSocketAddress;

/** A whole service without any framework. */
public final class PlainMain {

  private final RequestTracker tracker = new RequestTracker();

  public static void main(String[] arguments) throws IOException {
    ConsulOptions options;
    try {
      options = ConsulOptions.fromEnvironment();
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage()); // one line: which variable, its value, what is wanted
      System.exit(2);
      return;
    }
    new PlainMain().serve(Discovery.connect(options)).installShutdownHook();
  }

  LeaveOnTerminate.Builder serve(Discovery discovery) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(0), 0);
    server.createContext("/", exchange -> tracker.track(() -> hello(exchange)));
    server.start();

    // Only now is the port known.
    int port = server.getAddress().getPort();
    discovery.register(ServiceDefinition.named("hello").port(port).tag("plain").build());
    return LeaveOnTerminate.builder(discovery).traffic(tracker).stopServer(() -> server.stop(1));
  }

  private static void hello(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = "hello\n".getBytes(UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
