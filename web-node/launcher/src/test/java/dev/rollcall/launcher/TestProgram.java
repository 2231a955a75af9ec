package dev.rollcall.launcher;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import sun.misc.Signal;

/**
 * A program that knows nothing of Consul: serves, ends with 7 at WINCH, and at {@code /exit}; is
 * not well after {@code /break}; says on standard output that it got HUP.
 */
public final class TestProgram {
  private TestProgram() {}

  /**
   * Serves.
   *
   * @param arguments the port
   */
  public static void main(String[] arguments) throws IOException {
    int port = Integer.parseInt(arguments[0]);
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    boolean[] broken = {false};
    CountDownLatch never = new CountDownLatch(1);
    server.createContext("/", exchange -> answer(exchange, 200));
    server.createContext("/health", exchange -> answer(exchange, broken[0] ? 503 : 200));
    server.createContext(
        "/break",
        exchange -> {
          broken[0] = true;
          answer(exchange, 200);
        });
    server.createContext("/exit", exchange -> Runtime.getRuntime().halt(7));
    server.createContext(
        "/slow",
        exchange -> {
          try {
            never.await(2, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          answer(exchange, 200);
        });
    server.start();
    Signal.handle(new Signal("WINCH"), signal -> System.exit(7));
    Signal.handle(
        new Signal("HUP"),
        signal -> {
          System.out.println("got HUP");
          System.out.flush();
        });
    System.out.println("serving on " + port);
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, -1);
    }
  }
}
