package dev.rollcall.web;

import dev.rollcall.discovery.RequestTracker;
import io.javalin.config.RoutesConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A {@link NodeServer} on a free port of the loopback, and a client for it. */
final class LoopbackServer implements AutoCloseable {

  final NodeServer node;
  final int port;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  LoopbackServer(RequestTracker traffic, Consumer<RoutesConfig> pages) throws IOException {
    ServerSocketChannel socket =
        NodeServer.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    port = socket.socket().getLocalPort();
    node = new NodeServer(socket, traffic, pages);
    node.start();
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return send("GET", path, headers);
  }

  HttpResponse<String> head(String path, String... headers) throws Exception {
    return send("HEAD", path, headers);
  }

  HttpResponse<String> send(String method, String path, String... headers) throws Exception {
    return client.send(request(method, path, headers), BodyHandlers.ofString());
  }

  CompletableFuture<HttpResponse<String>> getAsync(String path) {
    return client.sendAsync(request("GET", path), BodyHandlers.ofString());
  }

  /** A bare connection, for what a well-behaved client does not do. */
  Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(10_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
    return socket;
  }

  private HttpRequest request(String method, String path, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, HttpRequest.BodyPublishers.noBody());
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request.build();
  }

  @Override
  public void close() {
    node.stop();
  }
}
