package dev.rollcall.lb.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A server that can end. As one that embeds the library it serves on after it has left, until it is
 * asked nothing more.
 */
final class LiveNode {
  private static final Duration QUIET = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int BACKLOG = 128;

  private final HttpServer server;
  private final ExecutorService workers = Executors.newCachedThreadPool();
  private final AtomicLong asked = new AtomicLong(System.nanoTime());

  LiveNode(int port) throws IOException {
    server = HttpServer.create(Endpoint.of(Nodes.ADDRESS, port), BACKLOG);
    byte[] answer = Integer.toString(port).getBytes(StandardCharsets.US_ASCII);
    server.setExecutor(workers);
    server.createContext(
        "/",
        exchange -> {
          asked.set(System.nanoTime());
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
  }

  /** Ends when it is quiet. */
  void drain() throws InterruptedException {
    long began = System.nanoTime();
    while (System.nanoTime() - asked.get() < QUIET.toNanos()
        && System.nanoTime() - began < LIMIT.toNanos()) {
      Thread.sleep(50);
    }
    server.stop(1);
    workers.shutdown();
  }
}
