package dev.rollcall.lb.update;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rollcall.lb.config.ConfigFile;
import dev.rollcall.lb.haproxy.ChildHaproxy;
import dev.rollcall.lb.haproxy.HaproxyBinary;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Runs in a container beside an HAProxy binary: an applier with an HAProxy of its own, worked by
 * HTTP. {@code POST /apply} takes a configuration, {@code POST /level} and {@code /tend} nothing,
 * {@code GET /status} tells; each answers with the result's text. SIGTERM ends it as it ends the
 * program.
 */
final class ChildHaproxyDriver {

  static final int PORT = 8404;

  private ChildHaproxyDriver() {}

  /** Arguments: the binary, the file. */
  public static void main(String[] arguments) throws Exception {
    Path target = Path.of(arguments[1]);
    ChildHaproxy haproxy = ChildHaproxy.create(HaproxyBinary.at(Path.of(arguments[0])), target);
    ConfigApplier applier = new ConfigApplier(new ConfigFile(target), haproxy);
    Runtime.getRuntime().addShutdownHook(new Thread(haproxy::close, "stop"));
    HttpServer server = HttpServer.create(new InetSocketAddress(PORT), 0);
    server.createContext(
        "/apply", exchange -> answer(exchange, applier.apply(body(exchange)).toString()));
    server.createContext("/level", exchange -> answer(exchange, applier.reconcile().toString()));
    server.createContext(
        "/tend", exchange -> answer(exchange, Boolean.toString(applier.maintain())));
    server.createContext(
        "/status",
        exchange -> answer(exchange, haproxy.status() + " trouble=" + applier.warning()));
    server.start();
  }

  private static String body(HttpExchange exchange) throws IOException {
    return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, bytes.length);
    try (var body = exchange.getResponseBody()) {
      body.write(bytes);
    }
  }
}
